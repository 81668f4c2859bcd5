import { resolve } from 'node:path';
import { NO_VOUCHING_KEY, hourAt, termsOf } from '@media-network/protocol';
import { MediaError, errorMessage, silentLog, systemClock } from '@media-network/runtime';
import type { VouchingKey } from '@media-network/vouch';
import { formatBytes } from '../amounts.ts';
import { examples, rareOption } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, networkDir } from '../chain-options.ts';
import type { ChainOptions } from '../chain-options.ts';
import { connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { parsePort } from '../ports.ts';
import { RESOURCE_ARGUMENT, findResource, labelOf } from '../resource/find.ts';
import type { Resource } from '../resource/find.ts';
import { aborted } from '../signals.ts';

interface KeyOptions {
  readonly dir?: string;
  readonly key?: string;
  readonly json?: true;
}

interface VouchOptions extends ChainOptions, KeyOptions {
  readonly resource?: string;
  readonly host: string;
  readonly port: string;
  readonly origin?: string[];
  readonly proxies: string;
  readonly ceiling: string;
  readonly window: string;
  readonly perAddress: string;
  readonly perHour: string;
}

const KEY_FILE = 'vouching-key.json';

async function keyOf(
  options: KeyOptions,
  context: CliContext,
): Promise<{ readonly key: VouchingKey; readonly path: string; readonly made: boolean }> {
  const { ensureVouchingKey } = await import('@media-network/vouch');
  const path =
    options.key === undefined
      ? resolve(networkDir(options, context), KEY_FILE)
      : resolve(context.cwd, options.key);
  return { path, ...(await ensureVouchingKey(path)) };
}

function parseCount(text: string, name: string): bigint {
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw new MediaError({
    code: 'cli/bad-number',
    message: `${name} must be a whole number, not "${text}".`,
    source: 'client',
  });
}

/** What the chain says of the key, so that a signer that is for nothing says so at once. */
function standing(
  resource: Resource,
  key: VouchingKey,
  hour: bigint,
): 'holds' | 'next hour' | 'other key' | 'none' {
  if (termsOf(resource, hour).vouchingKey === key.address) return 'holds';
  const next = termsOf(resource, hour + 1n).vouchingKey;
  if (next === key.address) return 'next hour';
  return (next ?? NO_VOUCHING_KEY) === NO_VOUCHING_KEY ? 'none' : 'other key';
}

const STANDING_WORDS = {
  holds: 'the resource names this key',
  'next hour': 'the resource names this key from the next hour on',
  'other key': 'the resource names ANOTHER key: edges refuse these tokens',
  none: 'the resource names no key yet: edges refuse these tokens',
} as const;

async function chooseResource(connection: Connection, which: string | undefined): Promise<Resource> {
  if (which !== undefined) return findResource(connection, which);
  const own = await connection.wallet().catch(() => undefined);
  await connection.client.config();
  const all = await connection.client.resources();
  const mine = all.filter((each) => each.publisher === own?.address);
  const [only] = mine;
  if (only !== undefined && mine.length === 1) return only;
  throw new MediaError({
    code: 'cli/no-resource',
    message:
      mine.length === 0
        ? 'This wallet publishes no resource: say with --resource which one the signer is for.'
        : `This wallet publishes ${mine.length} resources: say with --resource which one the signer is for.`,
    hint: `${mine.length === 0 ? '"media resource list --all" shows all' : `There are ${mine.map(labelOf).join(', ')}`}; a resource is named by its ${RESOURCE_ARGUMENT}.`,
    source: 'client',
  });
}

async function run(options: VouchOptions, context: CliContext): Promise<void> {
  const signal = context.takeSignals();
  const { terminal } = context;
  const port = parsePort(options.port, '--port');
  const proxies = Number(parseCount(options.proxies, '--proxies'));
  const connection = await connect(options, context);
  const resource = await chooseResource(connection, options.resource);
  const config = await connection.client.config();
  const { key, path, made } = await keyOf(options, context);
  const { createChainClock } = await import('@media-network/chain');
  const { createVoucher, startVouchServer } = await import('@media-network/vouch');
  const clock = await createChainClock(connection.client, { clock: systemClock, log: silentLog });
  const voucher = createVoucher({
    resource: resource.address,
    vouchingKey: key,
    hours: config,
    ceilingBytes: parseCount(options.ceiling, '--ceiling'),
    creditWindowBytes: Number(parseCount(options.window, '--window')),
    tokensPerAddress: Number(parseCount(options.perAddress, '--per-address')),
    bytesPerHour: parseCount(options.perHour, '--per-hour'),
    // Edges go by the chain's clock, which may be a minute behind this machine's.
    clock,
  });
  const server = await startVouchServer(voucher, {
    host: options.host,
    port,
    proxies,
    onFailure: (words) => terminal.note(`a request failed: ${words}`),
    ...(options.origin === undefined ? {} : { origins: options.origin }),
  });
  const hour = hourAt(config, BigInt(Math.floor(clock.nowMs() / 1_000)));
  const state = standing(resource, key, hour);
  const label = labelOf(resource);
  if (options.json === true) {
    terminal.json({
      url: server.url,
      resource: resource.address,
      label,
      vouchingKey: key.address,
      keyFile: path,
      made,
      onChain: state,
      epochZero: config.epochZero,
      sampleSecs: config.sampleSecs,
      hour,
    });
  } else {
    terminal.line(`signer    ${server.url}`);
    terminal.line(`resource  ${label} (${resource.address})`);
    terminal.line(`key       ${key.address}${made ? ', made now' : ''} (${path})`);
    terminal.line(`chain     ${STANDING_WORDS[state]}`);
    terminal.line(
      `bound     ${formatBytes(BigInt(options.ceiling))} a session, ${formatBytes(BigInt(options.perHour))} an hour at most`,
    );
    if (state === 'none' || state === 'other key')
      terminal.line(
        `Name it: ${context.invocation.line(`resource update ${label} --vouching-key ${key.address}`)}`,
      );
    terminal.line(
      `Pages: <script src="${server.url}media-vouch.js" data-signer="${server.url}"></script>. Ctrl-C stops it.`,
    );
  }
  await aborted(signal);
  await clock.task.stop();
  await server.close().catch((error: unknown) => terminal.note(errorMessage(error)));
}

async function showKey(options: KeyOptions, context: CliContext): Promise<void> {
  const { key, path, made } = await keyOf(options, context);
  if (options.json === true) context.terminal.json({ vouchingKey: key.address, keyFile: path, made });
  else context.terminal.line(`${key.address}${made ? '  (made now)' : ''}\n${path}`);
}

const keyOption = [
  '--key <file>',
  `file of the vouching key, made where it is missing (default: ${KEY_FILE} in --dir)`,
] as const;

export const registerVouch: RegisterCommand = (program, context) => {
  const vouch = program
    .command('vouch')
    .description(
      "Runs a publisher's signer beside any origin: pages ask it for tokens, and the publisher pays for the bytes of sessions with one. The key is the resource's vouching key: it holds no money and is no wallet.",
    )
    .option('--resource <which>', `${RESOURCE_ARGUMENT} (default: the only one of --keypair)`)
    .option(...keyOption)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 for a free one', '8470')
    .option('--origin <url...>', 'origins whose pages may ask, such as https://example.org (default: all)')
    .option('--ceiling <bytes>', 'most that is paid for a session; about twice a usual one', '268435456')
    .option('--per-address <tokens>', 'tokens for one network address in an hour', '60')
    .option(
      '--per-hour <bytes>',
      'most that may be paid for in an hour, all sessions together',
      '1099511627776',
    );
  rareOption(vouch, '--proxies <number>', 'proxies in front that append to X-Forwarded-For', '0');
  rareOption(vouch, '--window <bytes>', "bytes that an edge may be ahead of a client's receipts", '4194304');
  chainOptions(vouch)
    .option('--keypair <file>', 'wallet of the publisher, to find its resource; nothing is signed with it')
    .action((options: VouchOptions) => run(options, context));
  examples(vouch, [
    'media vouch --port 0',
    'media vouch --resource <label> --origin https://example.org --ceiling 67108864',
  ]);
  const key = vouch
    .command('key')
    .description('Shows the vouching key, and makes it where there is none.')
    .option(...keyOption)
    .option('--dir <folder>', 'folder of the network (default: .medianet)')
    .option('--json', 'print the result as JSON')
    .action((options: KeyOptions) => showKey({ ...vouch.opts<KeyOptions>(), ...options }, context));
  examples(key, ['media vouch key', 'media vouch key --key vouching-key.json --json']);
};
