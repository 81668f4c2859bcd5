import { z } from 'zod';
import { isRefusedByBrowsers } from '../bad-ports.ts';

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i;
const FACTOR: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Bytes as a number, or words such as `64M` and `2GiB` (powers of 1024). */
export const sizeOption: z.ZodType<number> = z
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

/** A flag that stands without a value; `parseConfig` knows it by its taking the empty string. */
export const flagOption: z.ZodType<boolean> = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0', ''])])
  .transform((value) => value === true || value === 'true' || value === '1' || value === '');

export const textOption: z.ZodString = z.string().min(1);

export const wholeOption = (min: number, max: number): z.ZodCoercedNumber => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error });
};

/** A port that viewers, guards and edges reach: browsers and `fetch` refuse some. */
export const portOption: z.ZodCoercedNumber = wholeOption(0, 65_535).refine(
  (port) => !isRefusedByBrowsers(port),
  { error: 'must be a port that browsers and other nodes connect to' },
);

export const urlOption = (protocol: RegExp): z.ZodURL =>
  z.url({ protocol, error: 'must be a URL of the right scheme' });

/** Options that every daemon has, with the same words. */
export const COMMON_OPTIONS: {
  readonly rpcUrl: z.ZodType<string>;
  readonly wsUrl: z.ZodType<string | undefined>;
  readonly programId: z.ZodType<string>;
  readonly zone: z.ZodType<string>;
  readonly logLevel: z.ZodType<LogLevel>;
} = {
  rpcUrl: urlOption(/^https?$/)
    .default('http://127.0.0.1:8899')
    .describe('JSON-RPC address of the Solana cluster.'),
  wsUrl: urlOption(/^wss?$/)
    .optional()
    .describe(
      "Websocket address of the cluster; by default the RPC host's next port, as with Solana's own validator.",
    ),
  programId: textOption
    .default('MediaNetwork1111111111111111111111111111111')
    .describe('Address of the Media Network program; by default where the embedded chain has it.'),
  zone: textOption
    .regex(/^[a-z0-9.-]+$/, 'must be a lower-case domain name')
    .default('medianet.localhost')
    .describe('Domain below which resources have their hosts.'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged.'),
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
