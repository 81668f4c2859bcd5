import { askerAt } from '@media-network/dns';
import { MAX_STEER_RTTS } from '@media-network/protocol';
import { STEERED_BITS } from '@media-network/steering';

/** Round trips from one prefix to one edge in a window. */
export interface MeasuredPair {
  readonly family: 4 | 6;
  /** Six bytes: 24 bits of IPv4, 48 of IPv6, zero behind. */
  readonly prefix: Uint8Array;
  readonly edge: string;
  readonly meanMs: number;
  readonly count: number;
}

/** Round trips that viewers and this guard measured, by prefix: of an address nothing more is kept. */
export interface RoundTrips {
  /** A viewer's measurements. `edges`: those that it can have measured. Whether the text was one. */
  take(body: string, client: string, edges: ReadonlySet<string>): boolean;
  /** One of this guard's own, or of a viewer's. */
  add(address: string, edge: string, ms: number): void;
  /** What there was since the last call. */
  close(): readonly MeasuredPair[];
}

/** Measurements in one message, and the longest message. */
const MAX_SAMPLES = 8;
export const MAX_RTT_MESSAGE_BYTES = 2_048;
/** What a window of a prefix can weigh: one viewer that sends a hundred says no more than a few who send one. */
const MAX_COUNT = 32;
const MOST_MS = 2_000;
const PREFIX_BYTES = 6;

interface Sum {
  readonly family: 4 | 6;
  readonly prefix: Uint8Array;
  readonly edge: string;
  sum: number;
  count: number;
}

export function createRoundTrips(): RoundTrips {
  let pairs = new Map<string, Sum>();

  function add(address: string, edge: string, ms: number): void {
    const { family, address: bytes } = askerAt(address);
    const prefix = new Uint8Array(PREFIX_BYTES);
    prefix.set(bytes.subarray(0, STEERED_BITS[family] / 8));
    const key = `${family} ${Buffer.from(prefix).toString('hex')} ${edge}`;
    const pair = pairs.get(key) ?? { family, prefix, edge, sum: 0, count: 0 };
    if (pair.count >= MAX_COUNT || (pair.count === 0 && pairs.size >= MAX_STEER_RTTS)) return;
    pair.sum += ms;
    pair.count += 1;
    pairs.set(key, pair);
  }

  return {
    add,
    take(body, client, edges) {
      const samples = samplesIn(body);
      if (samples === undefined || samples.some(({ edge }) => !edges.has(edge))) return false;
      for (const { edge, ms } of samples) add(client, edge, ms);
      return true;
    },
    close() {
      const closed = [...pairs.entries()]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { family, prefix, edge, sum, count }]) => ({
          family,
          prefix,
          edge,
          meanMs: sum / count,
          count,
        }));
      pairs = new Map();
      return closed;
    },
  };
}

interface Sample {
  readonly edge: string;
  readonly ms: number;
}

/** `{"samples": [{"edge": "<account>", "ms": 12.5}]}`; undefined for what is anything else. */
function samplesIn(body: string): readonly Sample[] | undefined {
  if (body.length > MAX_RTT_MESSAGE_BYTES) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(body);
  } catch {
    return undefined;
  }
  const list: unknown =
    typeof read === 'object' && read !== null && 'samples' in read ? read.samples : undefined;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_SAMPLES) return undefined;
  const samples = list.flatMap((each: unknown): Sample[] => {
    if (typeof each !== 'object' || each === null || !('edge' in each) || !('ms' in each)) return [];
    const { edge, ms } = each;
    const isOne = typeof edge === 'string' && typeof ms === 'number' && ms > 0 && ms <= MOST_MS;
    return isOne ? [{ edge, ms }] : [];
  });
  return samples.length === list.length ? samples : undefined;
}
