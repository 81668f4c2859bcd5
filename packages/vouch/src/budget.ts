import { callerOf } from '@media-network/runtime/daemon';

/** What a signer gives away in an hour, at most. */
export interface BudgetLimits {
  /** Tokens for one network address (IPv6: for one /64; four times as many for its /56, sixteen times for its /48). */
  readonly tokensPerAddress: number;
  /** Σ ceilings of all tokens: the most that the publisher can be billed for vouched bytes of the hour. */
  readonly bytesPerHour: bigint;
}

/** Counts what was given in the running hour. Addresses live in memory only, and as long as the hour. */
export interface Budget {
  /**
   * Takes one token of `bytes` for an address. `now` is the running hour, `hour` the token's, a neighbour at most:
   * an address has so many in a running hour, an hour so many bytes whenever they are given, and a small part of them
   * while it is a neighbour, so that nobody takes the next hour's beforehand.
   */
  take(now: bigint, hour: bigint, address: string, bytes: bigint): 'ok' | 'address' | 'hour';
  /** Tokens given in the running hour, and bytes of it. */
  readonly given: { readonly tokens: number; readonly bytes: bigint };
}

/** Addresses that are told apart; all above share one allowance, so that memory is bounded. */
const MAX_ADDRESSES = 100_000;
const OTHERS = 'others';
/** A household often has a /56 of networks, an organisation a /48: what they have together is bounded, too. */
const WIDTHS = [
  { bits: 64, times: 1 },
  { bits: 56, times: 4 },
  { bits: 48, times: 16 },
] as const;
/** Of an hour's bytes, what a running neighbour may give away: clocks lag by seconds. One token in any case. */
const NEIGHBOUR_PART = 8n;

export function createBudget(limits: BudgetLimits): Budget {
  let running: bigint | undefined;
  let byAddress = new Map<string, number>();
  let bytesByHour = new Map<bigint, bigint>();
  /** Given in the running hour for its neighbours. */
  let besides = new Map<bigint, bigint>();
  let tokens = 0;

  /** The networks of an address, and how many tokens each may have. */
  function networksOf(address: string): { readonly key: string; readonly most: number }[] {
    return WIDTHS.flatMap(({ bits, times }) => {
      const network = callerOf(address, bits);
      // An IPv4 address is in no wider network here.
      if (bits !== 64 && !network.endsWith(`/${bits}`)) return [];
      const known = byAddress.has(network) || byAddress.size < MAX_ADDRESSES;
      return [{ key: known ? network : `${OTHERS} ${bits}`, most: limits.tokensPerAddress * times }];
    });
  }

  return {
    take(now, hour, address, bytes) {
      if (running !== now) {
        running = now;
        byAddress = new Map();
        bytesByHour = new Map([...bytesByHour].filter(([each]) => each >= now - 1n && each <= now + 1n));
        besides = new Map();
        tokens = 0;
      }
      const spent = bytesByHour.get(hour) ?? 0n;
      if (spent + bytes > limits.bytesPerHour) return 'hour';
      const beside = hour === now ? 0n : (besides.get(hour) ?? 0n);
      if (beside > 0n && beside + bytes > limits.bytesPerHour / NEIGHBOUR_PART) return 'hour';
      const networks = networksOf(address);
      if (networks.some(({ key, most }) => (byAddress.get(key) ?? 0) >= most)) return 'address';
      for (const { key } of networks) byAddress.set(key, (byAddress.get(key) ?? 0) + 1);
      if (hour !== now) besides.set(hour, beside + bytes);
      bytesByHour.set(hour, spent + bytes);
      tokens += 1;
      return 'ok';
    },
    get given() {
      return { tokens, bytes: running === undefined ? 0n : (bytesByHour.get(running) ?? 0n) };
    },
  };
}
