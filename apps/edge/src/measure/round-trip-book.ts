import { readPrefix } from '@media-network/geo';
import {
  MAX_EDGE_RTTS,
  STEER_WINDOW_MS,
  encodeEdgeRtts,
  signEdgeRtts,
} from '@media-network/protocol/measures';
import type { SignBytes } from '@media-network/protocol';
import type { EdgeRtt } from '@media-network/protocol/measures';

/** The network that an address is in: all that is kept of a viewer. */
export interface ViewerPrefix {
  readonly family: 4 | 6;
  /** Six bytes: 24 bits of IPv4, 48 of IPv6, zero behind. */
  readonly bytes: Uint8Array;
}

/** Undefined where it is no address. */
export function viewerPrefix(address: string): ViewerPrefix | undefined {
  const read = readPrefix(address);
  if (read === undefined) return undefined;
  const bytes = new Uint8Array(PREFIX_BYTES);
  // IPv4 without its last byte, left-aligned.
  let left = read.v6 ? read.value : Math.floor(read.value / 256) * 2 ** 24;
  for (let i = PREFIX_BYTES - 1; i >= 0; i -= 1) {
    bytes[i] = left % 256;
    left = Math.floor(left / 256);
  }
  return { family: read.v6 ? 6 : 4, bytes };
}

/** Round trips that this edge measured, by prefix and window of twenty seconds; of an address nothing more is kept. */
export interface RoundTripBook {
  add(prefix: ViewerPrefix, ms: number): void;
  /** The signed list of a window that is over, the same whenever it is asked for; undefined where there is none. */
  list(window: bigint): Promise<Uint8Array | undefined>;
  /** The newest window that is over and has a list; undefined where there is none. */
  readonly latest: bigint | undefined;
}

export interface RoundTripBookDeps {
  /** Account of the edge. */
  readonly edge: () => string;
  readonly sign: SignBytes;
  /** By the chain's clock. */
  readonly nowMs: () => number;
}

const PREFIX_BYTES = 6;
/** Beyond it, it is no network's time but a device's that slept. */
const MOST_MS = 2_000;
/** Of one prefix and window: one viewer that measures without end says no more than some who do once. */
const MOST_OF_PREFIX = 32;
/** Ten minutes: as long as guards look back. */
const WINDOWS_KEPT = 30n;

interface Measured extends ViewerPrefix {
  readonly ms: number[];
}

export function createRoundTripBook({ edge, sign, nowMs }: RoundTripBookDeps): RoundTripBook {
  const windows = new Map<bigint, Map<string, Measured>>();
  const lists = new Map<bigint, Promise<Uint8Array>>();
  const windowNow = (): bigint => BigInt(Math.floor(nowMs() / STEER_WINDOW_MS));

  function forget(before: bigint): void {
    for (const each of [windows, lists])
      for (const window of each.keys()) if (window < before) each.delete(window);
  }

  async function signed(window: bigint, measured: ReadonlyMap<string, Measured>): Promise<Uint8Array> {
    const rtts = [...measured.entries()]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { family, bytes, ms }]): EdgeRtt => {
        const middle = ms.toSorted((a, b) => a - b)[(ms.length - 1) >> 1] ?? MOST_MS;
        return { family, prefix: bytes, tenths: Math.max(1, Math.round(middle * 10)), count: ms.length };
      });
    return encodeEdgeRtts(await signEdgeRtts({ edge: edge(), window, rtts }, sign));
  }

  return {
    add({ family, bytes }, ms) {
      if (!(ms > 0 && ms <= MOST_MS)) return;
      const window = windowNow();
      // What was signed is not changed, though the chain's clock is put back: two lists would contradict each other.
      if (lists.has(window)) return;
      const of = windows.get(window) ?? new Map<string, Measured>();
      if (!windows.has(window)) {
        windows.set(window, of);
        forget(window - WINDOWS_KEPT);
      }
      const key = `${family} ${Buffer.from(bytes).toString('hex')}`;
      const measured = of.get(key) ?? { family, bytes, ms: [] };
      if (measured.ms.length >= MOST_OF_PREFIX || (measured.ms.length === 0 && of.size >= MAX_EDGE_RTTS))
        return;
      measured.ms.push(ms);
      of.set(key, measured);
    },
    async list(window) {
      const measured = windows.get(window);
      if (measured === undefined || window >= windowNow()) return undefined;
      const list = lists.get(window) ?? signed(window, measured);
      lists.set(window, list);
      return list;
    },
    get latest() {
      const now = windowNow();
      return [...windows.keys()].filter((window) => window < now).at(-1);
    },
  };
}
