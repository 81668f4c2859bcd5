import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

/** Round trips between an edge and the viewers of one prefix, as the edge took their time. */
export interface EdgeRtt {
  readonly family: 4 | 6;
  /** IPv4: 24 bits of it; IPv6: 48. Six bytes, zero behind. */
  readonly prefix: Uint8Array;
  /** Their middle, in tenths of a millisecond. */
  readonly tenths: number;
  /** How many there were. */
  readonly count: number;
}

/** What an edge measured in one window of twenty seconds; the same list for every guard. */
export interface EdgeRttsBody {
  /** Account of the edge. */
  readonly edge: string;
  /** Number of the twenty seconds since 1970, by the chain's clock. */
  readonly window: bigint;
  readonly rtts: readonly EdgeRtt[];
}
export interface EdgeRtts extends EdgeRttsBody {
  readonly signature: Uint8Array;
}

const HEAD_BYTES = 32 + 8 + 2;
const PREFIX_BYTES = 6;
const RTT_BYTES: number = 1 + PREFIX_BYTES + 2 + 1;
const SIGNATURE_BYTES = 64;
/** Prefixes in one list. */
export const MAX_EDGE_RTTS = 4_096;
export const MAX_EDGE_RTTS_BYTES: number = HEAD_BYTES + RTT_BYTES * MAX_EDGE_RTTS + SIGNATURE_BYTES;

function body({ edge, window, rtts }: EdgeRttsBody): Uint8Array {
  const head = recordWriter(HEAD_BYTES).bytes(addressBytes(edge), 32).u64(window).u16(rtts.length).done();
  return concatBytes([
    head,
    ...rtts.map(({ family, prefix, tenths, count }) =>
      recordWriter(RTT_BYTES).u8(family).bytes(prefix, PREFIX_BYTES).u16(tenths).u8(count).done(),
    ),
  ]);
}

const messageOf = (list: EdgeRttsBody): Uint8Array => signedMessage('edge round trips v1', body(list));

/** Signs; what goes beyond a list's bounds must not be in it. */
export async function signEdgeRtts(list: EdgeRttsBody, sign: SignBytes): Promise<EdgeRtts> {
  return { ...list, signature: await sign(messageOf(list)) };
}

export function encodeEdgeRtts(list: EdgeRtts): Uint8Array {
  return concatBytes([body(list), list.signature]);
}

/** Undefined unless it is a list to the last byte, each prefix in it once and with nothing in it that cannot be. */
export function decodeEdgeRtts(data: Uint8Array): EdgeRtts | undefined {
  if (data.length < HEAD_BYTES + SIGNATURE_BYTES || data.length > MAX_EDGE_RTTS_BYTES) return undefined;
  const read = recordReader(data);
  const edge = addressOf(read.bytes(32));
  const window = read.u64();
  const count = read.u16();
  if (count > MAX_EDGE_RTTS || read.left() !== count * RTT_BYTES + SIGNATURE_BYTES) return undefined;
  const rtts: EdgeRtt[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < count; i += 1) {
    const family = read.u8();
    const prefix = read.bytes(PREFIX_BYTES);
    const [tenths, times] = [read.u16(), read.u8()];
    const key = `${family} ${prefix.join('.')}`;
    if ((family !== 4 && family !== 6) || tenths === 0 || times === 0 || seen.has(key)) return undefined;
    seen.add(key);
    rtts.push({ family, prefix, tenths, count: times });
  }
  return { edge, window, rtts, signature: read.bytes(SIGNATURE_BYTES) };
}

export function verifyEdgeRttsSignature(list: EdgeRtts, operator: string): Promise<boolean> {
  return verifySignature(operator, list.signature, messageOf(list));
}
