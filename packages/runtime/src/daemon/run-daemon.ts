import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { MediaError, errorMessage } from '../errors.ts';
import { Secret } from '../secret.ts';
import type { ConfigOption, ConfigSources } from './config.ts';

/** A key file that a daemon needs: a JSON array of bytes, as the Solana CLI writes it. */
export interface KeyFileOption<Key extends string> {
  readonly flag: Key;
  readonly env: string;
  readonly help: string;
}

export interface RunningDaemon {
  /** One line that says where it is reached. */
  readonly banner: string;
  close(): Promise<void>;
}

export interface DaemonProgram<Key extends string> {
  readonly name: string;
  readonly doc: string;
  readonly options: readonly ConfigOption[];
  readonly keys: readonly KeyFileOption<Key>[];
  start(sources: ConfigSources, keys: Readonly<Record<Key, Secret<Uint8Array>>>): Promise<RunningDaemon>;
}

/** The whole of a daemon's main: flags, key files, signals, exit code. Errors are one sentence on standard error. */
export async function runDaemon<Key extends string>(daemon: DaemonProgram<Key>): Promise<void> {
  try {
    await run(daemon);
  } catch (error) {
    process.stderr.write(`${errorMessage(error)}\n`);
    process.exitCode = 1;
  }
}

async function run<Key extends string>(daemon: DaemonProgram<Key>): Promise<void> {
  const given = readFlags(daemon);
  if (given.get('help') === true) {
    process.stdout.write(helpText(daemon));
    return;
  }
  const flags = Object.fromEntries(daemon.options.map((option) => [option.name, given.get(option.flag)]));
  const file = given.get('config') ?? process.env[configVariable(daemon.name)];
  const keys = await readKeys(daemon, given);
  const running = await daemon.start(
    { flags, env: process.env, ...(typeof file === 'string' ? { file } : {}) },
    keys,
  );
  process.stdout.write(`${running.banner}\n`);
  await stopSignal();
  await running.close();
}

const configVariable = (name: string): string => `MEDIA_${name.toUpperCase()}_CONFIG`;

function readFlags(daemon: DaemonProgram<string>): ReadonlyMap<string, unknown> {
  const texts = ['config', ...daemon.keys.map((key) => key.flag)];
  const { values } = parseArgs({
    options: Object.fromEntries([
      ['help', { type: 'boolean' as const }],
      ...texts.map((flag) => [flag, { type: 'string' as const }] as const),
      ...daemon.options.map(
        (option) =>
          [option.flag, { type: option.boolean ? ('boolean' as const) : ('string' as const) }] as const,
      ),
    ]),
    allowNegative: true,
  });
  return new Map(Object.entries(values));
}

async function readKeys<Key extends string>(
  daemon: DaemonProgram<Key>,
  given: ReadonlyMap<string, unknown>,
): Promise<Readonly<Record<Key, Secret<Uint8Array>>>> {
  const keys: (readonly [Key, Secret<Uint8Array>])[] = [];
  for (const { flag, env } of daemon.keys) {
    const path = given.get(flag) ?? process.env[env];
    if (typeof path !== 'string') {
      throw new MediaError({
        code: 'config/invalid',
        message: `The ${daemon.name} needs a key: --${flag} FILE (${env}).`,
        source: 'client',
      });
    }
    keys.push([flag, new Secret(await readKeyFile(path))]);
  }
  // One entry for each flag of the table, which are the Keys.
  return Object.fromEntries(keys) as Record<Key, Secret<Uint8Array>>;
}

const isByte = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) < 256;

async function readKeyFile(path: string): Promise<Uint8Array> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (Array.isArray(parsed) && parsed.every(isByte)) return Uint8Array.from(parsed);
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

function helpText(daemon: DaemonProgram<string>): string {
  const keys = daemon.keys.map((key) => `  --${key.flag} FILE\n      ${key.help} ${key.env}\n`);
  const options = daemon.options.map((option) => {
    const standard = option.default === undefined ? '' : ` [${option.default}]`;
    return `  --${option.flag}${option.boolean ? '' : ' VALUE'}\n      ${option.help} ${option.env}${standard}\n`;
  });
  const config = `  --config FILE\n      JSON file with options by name. ${configVariable(daemon.name)}\n`;
  return `${daemon.doc}\n\n${[...keys, config, ...options].join('')}`;
}
