import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

/** How an edge stood in a window, as one guard has it. */
export interface EdgeLoad {
  /** Account. */
  readonly edge: string;
  /** What it served, in kbit/s; `UNKNOWN_LOAD` where it does not say. */
  readonly served: number;
  /** What it says that it can serve, in kbit/s; 0 where it does not say. */
  readonly claimed: number;
  /** What this guard got of it in a challenge of capacity, in kbit/s, 1 for nothing at all; 0 where there was none. */
  readonly pulled: number;
  /** What this guard takes for proven of it until then, in kbit/s; 0 for nothing. */
  readonly proven: number;
  /** Part of all prefixes that is let to it, in thousandths. */
  readonly share: number;
}

/** Round trips between a prefix and an edge; of a viewer nothing more is kept. */
export interface PrefixRtt {
  readonly family: 4 | 6;
  /** IPv4: 24 bits of it; IPv6: 48. Six bytes, zero behind. */
  readonly prefix: Uint8Array;
  /** Place of the edge among the loads. */
  readonly edge: number;
  /** Their mean, in tenths of a millisecond. */
  readonly tenths: number;
  /** How many there were. */
  readonly count: number;
}

/** What a guard that answers for names has of one window of twenty seconds: from these, and nothing else, all of them steer alike. */
export interface SteerViewBody {
  /** Account of the guard. */
  readonly guard: string;
  /** Number of the twenty seconds since 1970, by the chain's clock. */
  readonly window: bigint;
  readonly loads: readonly EdgeLoad[];
  /** What viewers' pages and this guard's own looks measured. */
  readonly rtts: readonly PrefixRtt[];
  /** What edges measured and signed, of the window before. */
  readonly told: readonly PrefixRtt[];
}
export interface SteerView extends SteerViewBody {
  readonly signature: Uint8Array;
}

export const UNKNOWN_LOAD = 0xffff_ffff;
const HEAD_BYTES = 32 + 8 + 2 + 2 + 2;
const LOAD_BYTES: number = 32 + 4 * 4 + 2;
const PREFIX_BYTES = 6;
const RTT_BYTES: number = 1 + PREFIX_BYTES + 2 + 2 + 1;
const SIGNATURE_BYTES = 64;
export const MAX_STEER_EDGES = 4_096;
/** Pairs of a prefix and an edge, and as many more that edges told: a view is 300 KB at most, a third of it these. */
export const MAX_STEER_RTTS = 4_096;
export const MAX_STEER_VIEW_BYTES: number =
  HEAD_BYTES + LOAD_BYTES * MAX_STEER_EDGES + 2 * RTT_BYTES * MAX_STEER_RTTS + SIGNATURE_BYTES;

function body({ guard, window, loads, rtts, told }: SteerViewBody): Uint8Array {
  const head = recordWriter(HEAD_BYTES)
    .bytes(addressBytes(guard), 32)
    .u64(window)
    .u16(loads.length)
    .u16(rtts.length)
    .u16(told.length)
    .done();
  return concatBytes([
    head,
    ...loads.map(({ edge, served, claimed, pulled, proven, share }) =>
      recordWriter(LOAD_BYTES)
        .bytes(addressBytes(edge), 32)
        .u32(served)
        .u32(claimed)
        .u32(pulled)
        .u32(proven)
        .u16(share)
        .done(),
    ),
    ...[...rtts, ...told].map(({ family, prefix, edge, tenths, count }) =>
      recordWriter(RTT_BYTES).u8(family).bytes(prefix, PREFIX_BYTES).u16(edge).u16(tenths).u8(count).done(),
    ),
  ]);
}

const messageOf = (view: SteerViewBody): Uint8Array => signedMessage('steer view v2', body(view));

/** Signs; what goes beyond a view's bounds must not be in it. */
export async function signSteerView(view: SteerViewBody, sign: SignBytes): Promise<SteerView> {
  return { ...view, signature: await sign(messageOf(view)) };
}

export function encodeSteerView(view: SteerView): Uint8Array {
  return concatBytes([body(view), view.signature]);
}

/** Undefined unless it is a view to the last byte, with nothing in it that cannot be. */
export function decodeSteerView(data: Uint8Array): SteerView | undefined {
  if (data.length < HEAD_BYTES + SIGNATURE_BYTES || data.length > MAX_STEER_VIEW_BYTES) return undefined;
  const read = recordReader(data);
  const guard = addressOf(read.bytes(32));
  const window = read.u64();
  const [edges, pairs, told] = [read.u16(), read.u16(), read.u16()];
  if (edges > MAX_STEER_EDGES || pairs > MAX_STEER_RTTS || told > MAX_STEER_RTTS) return undefined;
  if (read.left() !== edges * LOAD_BYTES + (pairs + told) * RTT_BYTES + SIGNATURE_BYTES) return undefined;
  const loads = Array.from({ length: edges }, () => ({
    edge: addressOf(read.bytes(32)),
    served: read.u32(),
    claimed: read.u32(),
    pulled: read.u32(),
    proven: read.u32(),
    share: read.u16(),
  }));
  const all: PrefixRtt[] = [];
  for (let i = 0; i < pairs + told; i += 1) {
    const family = read.u8();
    const prefix = read.bytes(PREFIX_BYTES);
    const [edge, tenths, count] = [read.u16(), read.u16(), read.u8()];
    if ((family !== 4 && family !== 6) || edge >= edges || tenths === 0 || count === 0) return undefined;
    all.push({ family, prefix, edge, tenths, count });
  }
  if (loads.some(({ share }) => share > 1_000)) return undefined;
  return {
    guard,
    window,
    loads,
    rtts: all.slice(0, pairs),
    told: all.slice(pairs),
    signature: read.bytes(SIGNATURE_BYTES),
  };
}

export function verifySteerViewSignature(view: SteerView, operator: string): Promise<boolean> {
  return verifySignature(operator, view.signature, messageOf(view));
}
