import { readFileSync } from 'node:fs';
import { MediaError, errorMessage } from '@media-network/runtime';
import { z } from 'zod';

const url = (protocol: RegExp): z.ZodURL => z.url({ protocol, error: 'must be a URL of the right scheme' });
const text = z.string().min(1);
const whole = (min: number, max: number): z.ZodCoercedNumber => z.coerce.number().int().min(min).max(max);
const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0', ''])])
  .transform((value) => value === true || value === 'true' || value === '1' || value === '');

const SHAPE = {
  rpcUrl: url(/^https?$/)
    .default('http://127.0.0.1:8899')
    .describe('JSON-RPC address of the Solana cluster.'),
  wsUrl: url(/^wss?$/)
    .optional()
    .describe(
      "Websocket address of the cluster; by default the RPC host's next port, as with Solana's own validator.",
    ),
  programId: text
    .default('MediaNetwork1111111111111111111111111111111')
    .describe('Address of the Media Network program; by default where the embedded chain has it.'),
  owner: text
    .optional()
    .describe('Address that owns the guard account and gets its rewards; by default the operator itself.'),
  host: text.default('127.0.0.1').describe('Address the HTTP interface listens on.'),
  port: whole(0, 65_535).default(8090).describe('Port of the HTTP interface. 0 takes a free one.'),
  dir: text.default('.medianet/guard').describe('Folder of the evidence, by root.'),
  zone: text
    .regex(/^[a-z0-9.-]+$/, 'must be a lower-case domain name')
    .default('medianet.localhost')
    .describe('Domain below which resources have their hosts.'),
  evidenceBytes: whole(1_000_000, Number.MAX_SAFE_INTEGER)
    .default(4 * 2 ** 30)
    .describe('Ceiling of the evidence on disk; the oldest goes first.'),
  roundMs: whole(20, 60_000)
    .optional()
    .describe(
      'Milliseconds between two looks at the chain; by default a quarter of a sample, 250 ms to 5 s.',
    ),
  chargeEveryHours: whole(1, 10_000)
    .optional()
    .describe("Hours (the network's) between two charges of a resource; by default a seventh of a week."),
  creditWindow: whole(65_536, 2 ** 31)
    .default(4 * 2 ** 20)
    .describe('Bytes that an edge may be ahead of the last receipt in tickets of this guard.'),
  ticketsPerMinute: whole(1, 1_000_000)
    .default(120)
    .describe('Most tickets a minute for one client address.'),
  probe: flag.default(true).describe('Whether the guard probes edges.'),
  probeBytes: whole(1_024, 2 ** 26)
    .default(64 * 2 ** 10)
    .describe('Most bytes of a body that one probe asks an edge for.'),
  claim: flag.default(true).describe("Whether the guard claims its owner's rewards when a week closes."),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged.'),
} as const;

const SCHEMA: z.ZodType<GuardConfig> = z.strictObject(SHAPE);

/** What a guard is told. Built by `parseGuardConfig`; sizes in bytes, times in the unit of their name. The schema above says what each means. */
export interface GuardConfig {
  readonly rpcUrl: string;
  readonly wsUrl?: string | undefined;
  readonly programId: string;
  readonly owner?: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly dir: string;
  readonly zone: string;
  readonly evidenceBytes: number;
  readonly roundMs?: number | undefined;
  readonly chargeEveryHours?: number | undefined;
  readonly creditWindow: number;
  readonly ticketsPerMinute: number;
  readonly probe: boolean;
  readonly probeBytes: number;
  readonly claim: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** One option as `--help`, the docs' tables and the CLI need it. */
export interface GuardOption {
  /** Name in the configuration file and in code. */
  readonly name: keyof GuardConfig;
  /** Command-line flag without dashes. */
  readonly flag: string;
  readonly env: string;
  readonly default: string | number | boolean | undefined;
  readonly help: string;
  /** Whether the flag stands without a value. */
  readonly boolean: boolean;
}

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const BOOLEANS: ReadonlySet<string> = new Set(['probe', 'claim']);

/** Every option, in the order of the help text. */
export const guardOptions: readonly GuardOption[] = Object.keys(SHAPE)
  .filter(isOptionName)
  .map((name) => {
    const schema: z.ZodType = SHAPE[name];
    const parsed = schema.safeParse(undefined);
    const value: unknown = parsed.success ? parsed.data : undefined;
    return {
      name,
      flag: kebab(name),
      env: `MEDIA_GUARD_${kebab(name).replaceAll('-', '_').toUpperCase()}`,
      default:
        typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
          ? value
          : undefined,
      help: schema.description ?? '',
      boolean: BOOLEANS.has(name),
    };
  });

function isOptionName(name: string): name is keyof GuardConfig {
  return name in SHAPE;
}

export interface GuardConfigSources {
  /** Parsed flags by option name (`chargeEveryHours`). */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Path of a JSON file with options by name. */
  readonly file?: string;
}

/**
 * Flags > environment > file > defaults.
 * Throws `config/unreadable` for a file that is missing or no JSON, `config/invalid` naming each wrong option.
 */
export function parseGuardConfig(sources: GuardConfigSources = {}): GuardConfig {
  const merged: Record<string, unknown> = sources.file === undefined ? {} : readFile(sources.file);
  for (const option of guardOptions) {
    const fromEnv = sources.env?.[option.env];
    if (fromEnv !== undefined && fromEnv !== '') merged[option.name] = fromEnv;
    const fromFlags = sources.flags?.[option.name];
    if (fromFlags !== undefined) merged[option.name] = fromFlags;
  }
  const result = SCHEMA.safeParse(merged);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const option = guardOptions.find((each) => each.name === issue.path[0]);
    return option === undefined ? issue.message : `--${option.flag} (${option.env}): ${issue.message}`;
  });
  throw new MediaError({
    code: 'config/invalid',
    message: `The guard's configuration is not right. ${problems.join('; ')}.`,
    source: 'client',
    context: { problems },
  });
}

function readFile(path: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
    throw new Error('it must hold one JSON object');
  } catch (error) {
    throw new MediaError({
      code: 'config/unreadable',
      message: `Cannot read the configuration file ${path}: ${errorMessage(error)}.`,
      source: 'client',
      cause: error,
    });
  }
}
