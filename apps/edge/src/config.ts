import { readFileSync } from 'node:fs';
import { MediaError, errorMessage } from '@media-network/runtime';
import { z } from 'zod';

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i;
const FACTOR: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Bytes as a number, or words such as `64M` and `2GiB` (powers of 1024). */
const bytes = z
  .union([z.number(), z.string()])
  .transform((value, context) => {
    if (typeof value === 'number') return value;
    const match = SIZE.exec(value.trim());
    if (match === null) {
      context.addIssue({ code: 'custom', message: 'must be a size such as 64M or 2G' });
      return z.NEVER;
    }
    return Math.floor(Number(match[1]) * (FACTOR[(match[2] ?? '').toLowerCase()] ?? 1));
  })
  .pipe(z.number().int().nonnegative());

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0', ''])])
  .transform((value) => value === true || value === 'true' || value === '1' || value === '');
const url = (protocol: RegExp): z.ZodURL => z.url({ protocol, error: 'must be a URL of the right scheme' });
const text = z.string().min(1);

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
    .describe('Address that owns the edge account and gets its rewards; by default the operator itself.'),
  host: text.default('127.0.0.1').describe('Address the data plane listens on.'),
  port: port.default(8080).describe('Port of the data plane, plain HTTP. 0 takes a free one.'),
  tlsCert: text.optional().describe('PEM file with the certificate chain; turns HTTPS on.'),
  tlsKey: text.optional().describe("PEM file with the certificate's private key."),
  httpsPort: port.default(8443).describe('Port of the data plane, HTTPS. 0 takes a free one.'),
  controlHost: text.default('127.0.0.1').describe('Address the control plane listens on.'),
  controlPort: port
    .default(8081)
    .describe('Port of the control plane, where guards fetch evidence. 0 takes a free one.'),
  dir: text.default('.medianet/edge').describe('Folder of the cache, the journal and the evidence.'),
  zone: text
    .regex(/^[a-z0-9.-]+$/, 'must be a lower-case domain name')
    .default('medianet.localhost')
    .describe('Domain below which resources have their hosts.'),
  ramBytes: bytes.default(256 * 2 ** 20).describe('Ceiling of the RAM tier of the cache.'),
  diskBytes: bytes.default(8 * 2 ** 30).describe('Ceiling of the disk tier of the cache.'),
  maxObjectBytes: bytes
    .default(512 * 2 ** 20)
    .describe('Largest object the cache stores. Larger ones, and ranges of them, pass through.'),
  allowPrivateOrigins: flag
    .optional()
    .describe(
      'Whether an origin may have a loopback or private address; by default only when the chain is on loopback.',
    ),
  evidenceWeeks: z.coerce
    .number()
    .int()
    .min(1)
    .default(4)
    .describe("Weeks (the network's) for which the evidence behind reports is kept."),
  drainMs: z.coerce
    .number()
    .int()
    .min(0)
    .default(10_000)
    .describe('Milliseconds that responses under way get to finish on shutdown.'),
  originTimeoutMs: z.coerce
    .number()
    .int()
    .min(1)
    .default(15_000)
    .describe(
      'Milliseconds an origin may keep silent, while connecting, before its head and within its body.',
    ),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged.'),
  accessLog: flag.default(false).describe('One line a request; the address of a viewer is never in it.'),
} as const;

const SCHEMA: z.ZodType<EdgeConfig> = z.strictObject(SHAPE).superRefine((config, context) => {
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    context.addIssue({
      code: 'custom',
      path: ['tlsCert'],
      message: 'needs --tls-key, and the other way round',
    });
  }
});

/** What an edge is told. Built by `parseEdgeConfig`; sizes in bytes, times in milliseconds. The schema above says what each means. */
export interface EdgeConfig {
  readonly rpcUrl: string;
  readonly wsUrl?: string | undefined;
  readonly programId: string;
  readonly owner?: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly httpsPort: number;
  readonly controlHost: string;
  readonly controlPort: number;
  readonly dir: string;
  readonly zone: string;
  readonly ramBytes: number;
  readonly diskBytes: number;
  readonly maxObjectBytes: number;
  readonly allowPrivateOrigins?: boolean | undefined;
  readonly evidenceWeeks: number;
  readonly drainMs: number;
  readonly originTimeoutMs: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly accessLog: boolean;
}

/** One option as `--help`, the docs' tables and the CLI need it. */
export interface EdgeOption {
  /** Name in the configuration file and in code. */
  readonly name: keyof EdgeConfig;
  /** Command-line flag without dashes. */
  readonly flag: string;
  readonly env: string;
  readonly default: string | number | boolean | undefined;
  readonly help: string;
  /** Whether the flag stands without a value. */
  readonly boolean: boolean;
}

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const BOOLEANS: ReadonlySet<string> = new Set(['allowPrivateOrigins', 'accessLog']);

/** Every option, in the order of the help text. */
export const edgeOptions: readonly EdgeOption[] = Object.entries(SHAPE).map(([name, schema]) => {
  if (!isOptionName(name)) throw new Error(`${name} is no option`);
  const parsed = schema.safeParse(undefined);
  const value: unknown = parsed.success ? parsed.data : undefined;
  return {
    name,
    flag: kebab(name),
    env: `MEDIA_EDGE_${kebab(name).replaceAll('-', '_').toUpperCase()}`,
    default:
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? value
        : undefined,
    help: schema.description ?? '',
    boolean: BOOLEANS.has(name),
  };
});

function isOptionName(name: string): name is keyof EdgeConfig {
  return name in SHAPE;
}

export interface EdgeConfigSources {
  /** Parsed flags by option name (`controlPort`). */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Path of a JSON file with options by name. */
  readonly file?: string;
}

/**
 * Flags > environment > file > defaults.
 * Throws `config/unreadable` for a file that is missing or no JSON, `config/invalid` naming each wrong option.
 */
export function parseEdgeConfig(sources: EdgeConfigSources = {}): EdgeConfig {
  const merged: Record<string, unknown> = sources.file === undefined ? {} : readFile(sources.file);
  for (const option of edgeOptions) {
    const fromEnv = sources.env?.[option.env];
    if (fromEnv !== undefined && fromEnv !== '') merged[option.name] = fromEnv;
    const fromFlags = sources.flags?.[option.name];
    if (fromFlags !== undefined) merged[option.name] = fromFlags;
  }
  const result = SCHEMA.safeParse(merged);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const option = edgeOptions.find((o) => o.name === issue.path[0]);
    return option === undefined ? issue.message : `--${option.flag} (${option.env}): ${issue.message}`;
  });
  throw new MediaError({
    code: 'config/invalid',
    message: `The edge's configuration is not right. ${problems.join('; ')}.`,
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
