import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createWallet } from '@media-network/chain';
import { MediaError, Secret, errorMessage } from '@media-network/runtime';
import { guardOptions, parseGuardConfig } from './config.ts';
import { createGuard } from './guard.ts';

/** `node src/main.ts --keypair operator.json --seal-key seal.json [options]`: a guard until SIGTERM or SIGINT. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      config: { type: 'string' },
      keypair: { type: 'string' },
      'seal-key': { type: 'string' },
      ...Object.fromEntries(
        guardOptions.map((option) => [
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
  const flags = Object.fromEntries(guardOptions.map((option) => [option.name, given.get(option.flag)]));
  const file = values.config ?? process.env['MEDIA_GUARD_CONFIG'];
  const config = parseGuardConfig({ flags, env: process.env, ...(file === undefined ? {} : { file }) });
  const operator = await createWallet(
    await readKey(values.keypair ?? process.env['MEDIA_GUARD_KEYPAIR'], '--keypair'),
  );
  const sealKey = new Secret(
    await readKey(values['seal-key'] ?? process.env['MEDIA_GUARD_SEAL_KEY'], '--seal-key'),
  );
  const guard = await createGuard(config, { operator, sealKey });
  process.stdout.write(`${guard.url} guard ${guard.address} no ${guard.no}\n`);
  await stopSignal();
  await guard.close();
  return 0;
}

/** A key file holds a JSON array of bytes: 64 or 32 of them for the operator, 32 for the seal key. */
async function readKey(path: string | undefined, option: string): Promise<Uint8Array> {
  if (path === undefined) {
    throw new MediaError({
      code: 'config/invalid',
      message: `A guard needs ${option} FILE.`,
      source: 'client',
    });
  }
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (Array.isArray(parsed) && parsed.every((byte) => Number.isInteger(byte)))
      return Uint8Array.from(parsed);
    throw new Error('it must hold an array of bytes, as the Solana CLI writes it');
  } catch (error) {
    throw new MediaError({
      code: 'config/unreadable',
      message: `Cannot read the key ${path}: ${errorMessage(error)}.`,
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
  const lines = guardOptions.map((option) => {
    const standard = option.default === undefined ? '' : ` [${option.default}]`;
    return `  --${option.flag}${option.boolean ? '' : ' VALUE'}\n      ${option.help} ${option.env}${standard}\n`;
  });
  return [
    'Media Guard: authorises resources, judges reports, settles hours and weeks.\n\n',
    '  --keypair FILE\n      Operator key, as the Solana CLI writes it. MEDIA_GUARD_KEYPAIR\n',
    '  --seal-key FILE\n      X25519 private key, a JSON array of 32 bytes. MEDIA_GUARD_SEAL_KEY\n',
    '  --config FILE\n      JSON file with options by name. MEDIA_GUARD_CONFIG\n',
    ...lines,
  ].join('');
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
}
