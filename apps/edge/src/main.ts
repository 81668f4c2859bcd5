import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createWallet } from '@media-network/chain';
import { MediaError, errorMessage } from '@media-network/runtime';
import { edgeOptions, parseEdgeConfig } from './config.ts';
import { createEdge } from './edge.ts';

/** `node src/main.ts --keypair operator.json [options]`: an edge until SIGTERM or SIGINT. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      config: { type: 'string' },
      keypair: { type: 'string' },
      ...Object.fromEntries(
        edgeOptions.map((option) => [
          option.flag,
          { type: option.boolean ? ('boolean' as const) : ('string' as const) },
        ]),
      ),
    },
    allowNegative: true,
  });
  if (values.help === true) {
    process.stdout.write(helpText());
    return 0;
  }
  const given = new Map<string, unknown>(Object.entries(values));
  const flags = Object.fromEntries(edgeOptions.map((option) => [option.name, given.get(option.flag)]));
  const file = values.config ?? process.env['MEDIA_EDGE_CONFIG'];
  const config = parseEdgeConfig({ flags, env: process.env, ...(file === undefined ? {} : { file }) });
  const keypair = values.keypair ?? process.env['MEDIA_EDGE_KEYPAIR'];
  if (keypair === undefined) {
    throw new MediaError({
      code: 'config/invalid',
      message: 'An edge needs its operator key: --keypair FILE.',
      source: 'client',
    });
  }
  const edge = await createEdge(config, { operator: await createWallet(await readKeypair(keypair)) });
  process.stdout.write(`${edge.urls.join(' ')} control ${edge.controlUrl} edge ${edge.address}\n`);
  await stopSignal();
  await edge.close();
  return 0;
}

async function readKeypair(path: string): Promise<Uint8Array> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (Array.isArray(parsed) && parsed.every((byte) => Number.isInteger(byte)))
      return Uint8Array.from(parsed);
    throw new Error('it must hold an array of bytes, as the Solana CLI writes it');
  } catch (error) {
    throw new MediaError({
      code: 'config/unreadable',
      message: `Cannot read the keypair ${path}: ${errorMessage(error)}.`,
      source: 'client',
      cause: error,
    });
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}

function helpText(): string {
  const lines = edgeOptions.map((option) => {
    const standard = option.default === undefined ? '' : ` [${option.default}]`;
    return `  --${option.flag}${option.boolean ? '' : ' VALUE'}\n      ${option.help} ${option.env}${standard}\n`;
  });
  return `Media Edge: caches and serves resources, reports what it served, earns for it.\n\n  --keypair FILE\n      Operator key, as the Solana CLI writes it. MEDIA_EDGE_KEYPAIR\n  --config FILE\n      JSON file with options by name. MEDIA_EDGE_CONFIG\n${lines.join('')}`;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
}
