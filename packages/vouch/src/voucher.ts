import { randomBytes } from 'node:crypto';
import { encodeToken, fromHex, parseAddress, signToken } from '@media-network/protocol';
import { MediaError, systemClock } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import { createBudget } from './budget.ts';
import type { BudgetLimits } from './budget.ts';
import type { VouchingKey } from './vouching-key.ts';

/** How a network counts hours: constants of its genesis, which `media vouch --json` prints. */
export interface NetworkHours {
  /** Unix seconds at which hour 0 began. */
  readonly epochZero: number | bigint;
  /** Seconds a sample; an hour has twelve. */
  readonly sampleSecs: number;
}

export interface VoucherOptions extends Partial<BudgetLimits> {
  /** Address of the resource whose bytes are vouched for. */
  readonly resource: string;
  readonly vouchingKey: VouchingKey;
  readonly hours: NetworkHours;
  /** Most bytes a session is paid for; about twice a usual one. 256 MiB by default. */
  readonly ceilingBytes?: bigint;
  /** Bytes that an edge may be ahead of a client's receipts. 4 MiB by default. */
  readonly creditWindowBytes?: number;
  readonly clock?: Pick<Clock, 'nowMs'>;
}

/** What a client wants, as it said it. */
export interface TokenRequest {
  readonly resource?: unknown;
  /** Ed25519 public key in hex. */
  readonly clientKey?: unknown;
  /** The hour that an edge named, as a decimal string. */
  readonly hour?: unknown;
}

export type VouchRefusal = 'vouch/malformed' | 'vouch/unknown-resource' | 'vouch/too-many';

export type VouchAnswer =
  | { readonly kind: 'token'; readonly bytes: Uint8Array; readonly hour: bigint }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 404 | 429;
      readonly code: VouchRefusal;
      readonly message: string;
      readonly retryAfterSecs?: number;
    };

export interface Voucher {
  readonly resource: string;
  /** Address of the vouching key: the resource must name it on chain. */
  readonly vouchingKey: string;
  /** The network's hour by this machine's clock. */
  hour(): bigint;
  /** A token, or why not. `address` is the client's, for its budget. */
  issue(request: TokenRequest, address: string): Promise<VouchAnswer>;
  /** Given in this hour so far: tokens, and the bytes that they may cost at most. */
  readonly given: { readonly tokens: number; readonly bytes: bigint };
}

const DEFAULTS = {
  ceilingBytes: 256n * 1_048_576n,
  creditWindowBytes: 4 * 1_048_576,
  tokensPerAddress: 60,
  bytesPerHour: 1_099_511_627_776n,
} as const;
/** An edge's pause and resume costs a receipt: below this a session is all receipts. */
const LEAST_WINDOW_BYTES = 65_536;

/**
 * Gives out tokens (docs/evidence.md, Signer). Throws `vouch/bad-option` naming what cannot be.
 */
export function createVoucher(options: VoucherOptions): Voucher {
  const { resource, vouchingKey } = options;
  const clock = options.clock ?? systemClock;
  const limits = { ...DEFAULTS, ...definedOf(options) };
  check(parseAddress(resource) !== undefined, 'resource', `is no address: "${resource}"`);
  check(limits.ceilingBytes > 0n && limits.ceilingBytes < 1n << 64n, 'ceilingBytes', 'must be 1 to 2^64 - 1');
  check(
    Number.isInteger(limits.creditWindowBytes) &&
      limits.creditWindowBytes >= LEAST_WINDOW_BYTES &&
      limits.creditWindowBytes < 2 ** 32,
    'creditWindowBytes',
    `must be ${LEAST_WINDOW_BYTES} to 2^32 - 1`,
  );
  check(
    Number.isInteger(limits.tokensPerAddress) && limits.tokensPerAddress >= 1,
    'tokensPerAddress',
    'must be 1 or more',
  );
  check(limits.bytesPerHour >= limits.ceilingBytes, 'bytesPerHour', 'must be at least ceilingBytes');
  const { sampleSecs } = options.hours;
  check(Number.isInteger(sampleSecs) && sampleSecs >= 1, 'hours.sampleSecs', 'must be 1 or more');
  const epochZero = BigInt(options.hours.epochZero);
  const hourSecs = 12n * BigInt(sampleSecs);
  const budget = createBudget(limits);

  const nowSecs = (): bigint => BigInt(Math.floor(clock.nowMs() / 1_000));
  const hourNow = (): bigint => (nowSecs() - epochZero) / hourSecs;

  return {
    resource,
    vouchingKey: vouchingKey.address,
    hour: hourNow,
    get given() {
      return budget.given;
    },
    async issue(request, address) {
      const clientKey = typeof request.clientKey === 'string' ? fromHex(request.clientKey, 32) : undefined;
      if (clientKey === undefined)
        return refused(400, 'vouch/malformed', 'clientKey must be an Ed25519 public key, 32 bytes in hex.');
      if (request.resource !== undefined && request.resource !== resource)
        return refused(404, 'vouch/unknown-resource', `This signer vouches for ${resource} only.`);
      const asked = hourOf(request.hour);
      if (asked === undefined && request.hour !== undefined)
        return refused(400, 'vouch/malformed', 'hour must be a whole number, as a string.');
      const own = hourNow();
      // Clocks lag: the hour of an edge is taken where it is next to this one. Anything else gets this signer's own.
      const hour = asked !== undefined && asked >= own - 1n && asked <= own + 1n ? asked : own;
      const taken = budget.take(own, hour, address, limits.ceilingBytes);
      if (taken !== 'ok') {
        const retryAfterSecs = Number(epochZero + (own + 1n) * hourSecs - nowSecs());
        const whose =
          taken === 'address' ? 'for this address' : 'for the bytes that this signer may vouch for';
        return {
          ...refused(429, 'vouch/too-many', `No more tokens ${whose} in this hour.`),
          retryAfterSecs: Math.max(1, retryAfterSecs),
        };
      }
      const token = await signToken(
        {
          session: new Uint8Array(randomBytes(16)),
          resource,
          clientKey,
          hour,
          ceiling: limits.ceilingBytes,
          creditWindow: limits.creditWindowBytes,
        },
        vouchingKey.sign,
      );
      return { kind: 'token', bytes: encodeToken(token), hour };
    },
  };
}

function refused(
  status: 400 | 404 | 429,
  code: VouchRefusal,
  message: string,
): Extract<VouchAnswer, { kind: 'refused' }> {
  return { kind: 'refused', status, code, message };
}

function hourOf(value: unknown): bigint | undefined {
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : undefined;
}

function check(holds: boolean, option: string, words: string): void {
  if (holds) return;
  throw new MediaError({
    code: 'vouch/bad-option',
    message: `${option} ${words}.`,
    source: 'client',
    context: { option },
  });
}

/** The limits that were given. */
function definedOf(options: VoucherOptions): Partial<typeof DEFAULTS> & Partial<BudgetLimits> {
  const given = {
    ceilingBytes: options.ceilingBytes,
    creditWindowBytes: options.creditWindowBytes,
    tokensPerAddress: options.tokensPerAddress,
    bytesPerHour: options.bytesPerHour,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
