import { isIPv4, isIPv6 } from 'node:net';

/** What a signer gives away in an hour, at most. */
export interface BudgetLimits {
  /** Tokens for one network address (IPv6: for one /64). */
  readonly tokensPerAddress: number;
  /** Σ ceilings of all tokens: the most that the publisher can be billed for vouched bytes of the hour. */
  readonly bytesPerHour: bigint;
}

/** Counts what was given in the running hour. Addresses live in memory only, and as long as the hour. */
export interface Budget {
  /**
   * Takes one token of `bytes` for an address. `now` is the running hour, `hour` the token's, a neighbour at most:
   * an address has so many in a running hour, an hour so many bytes whenever they are given.
   */
  take(now: bigint, hour: bigint, address: string, bytes: bigint): 'ok' | 'address' | 'hour';
  /** Tokens given in the running hour, and bytes of it. */
  readonly given: { readonly tokens: number; readonly bytes: bigint };
}

/** Addresses that are told apart; all above share one allowance, so that memory is bounded. */
const MAX_ADDRESSES = 100_000;
const OTHERS = 'others';

export function createBudget(limits: BudgetLimits): Budget {
  let running: bigint | undefined;
  let byAddress = new Map<string, number>();
  let bytesByHour = new Map<bigint, bigint>();
  let tokens = 0;
  return {
    take(now, hour, address, bytes) {
      if (running !== now) {
        running = now;
        byAddress = new Map();
        bytesByHour = new Map([...bytesByHour].filter(([each]) => each >= now - 1n && each <= now + 1n));
        tokens = 0;
      }
      const spent = bytesByHour.get(hour) ?? 0n;
      if (spent + bytes > limits.bytesPerHour) return 'hour';
      const known = networkOf(address);
      const key = byAddress.has(known) || byAddress.size < MAX_ADDRESSES ? known : OTHERS;
      const taken = byAddress.get(key) ?? 0;
      if (taken >= limits.tokensPerAddress) return 'address';
      byAddress.set(key, taken + 1);
      bytesByHour.set(hour, spent + bytes);
      tokens += 1;
      return 'ok';
    },
    get given() {
      return { tokens, bytes: running === undefined ? 0n : (bytesByHour.get(running) ?? 0n) };
    },
  };
}

/** IPv4 as it is, mapped or not; of IPv6 the /64 that a household gets. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
