import { RECEIPT_BYTES, TOKEN_BYTES } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';

/**
 * What the journal holds, one after the other: a type byte, then fixed fields, little-endian.
 * Identities are hex, so that they can be keys of maps; counts are plain numbers below 2⁵³.
 */
export type JournalRecord =
  /** Bytes written to sockets for a resource in a sample, in addition to what was counted before. */
  | { readonly kind: 'served'; readonly resource: string; readonly sample: number; readonly bytes: number }
  /** A session opened by this token. */
  | { readonly kind: 'session'; readonly token: Uint8Array }
  /** Bytes written for a session, in addition. */
  | { readonly kind: 'sessionServed'; readonly session: string; readonly bytes: number }
  /** The newest receipt of its session. */
  | { readonly kind: 'receipt'; readonly receipt: Uint8Array }
  /** An object served at least once in an hour. */
  | {
      readonly kind: 'digest';
      readonly hour: number;
      readonly resource: string;
      readonly target: string;
      readonly body: string;
      readonly size: number;
    }
  /** The hour's report was built and its evidence is on disk: nothing counts for it any more. */
  | {
      readonly kind: 'sealed';
      readonly hour: number;
      readonly root: string;
      readonly bytes: number;
      readonly count: number;
    }
  /** The hour needs nothing more: its report is on chain, or its window has passed. */
  | { readonly kind: 'settled'; readonly hour: number; readonly outcome: SettledOutcome }
  /** All bytes ever counted for a resource; in snapshots only. */
  | { readonly kind: 'total'; readonly resource: string; readonly bytes: number }
  /** The process began anew under this number; u32. */
  | { readonly kind: 'boot'; readonly boot: number };

const SETTLED = { submitted: 0, tooLate: 1, refused: 2 } as const;
export type SettledOutcome = keyof typeof SETTLED;

const TYPE = {
  served: 1,
  session: 2,
  sessionServed: 3,
  receipt: 4,
  digest: 5,
  sealed: 6,
  settled: 7,
  total: 8,
  boot: 9,
} as const satisfies Record<JournalRecord['kind'], number>;

const SIZE: Readonly<Record<number, number>> = {
  [TYPE.served]: 48,
  [TYPE.session]: TOKEN_BYTES,
  [TYPE.sessionServed]: 24,
  [TYPE.receipt]: RECEIPT_BYTES,
  [TYPE.digest]: 112,
  [TYPE.sealed]: 52,
  [TYPE.settled]: 9,
  [TYPE.total]: 40,
  [TYPE.boot]: 4,
};

function put(out: Buffer, offset: number, value: number): void {
  out.writeBigUInt64LE(BigInt(value), offset);
}

function take(from: Buffer, offset: number): number {
  return Number(from.readBigUInt64LE(offset));
}

export function encodeRecord(record: JournalRecord): Buffer {
  const type = TYPE[record.kind];
  const out = Buffer.alloc(1 + (SIZE[type] ?? 0));
  out[0] = type;
  switch (record.kind) {
    case 'served':
      out.write(record.resource, 1, 'hex');
      put(out, 33, record.sample);
      put(out, 41, record.bytes);
      break;
    case 'session':
      out.set(record.token, 1);
      break;
    case 'sessionServed':
      out.write(record.session, 1, 'hex');
      put(out, 17, record.bytes);
      break;
    case 'receipt':
      out.set(record.receipt, 1);
      break;
    case 'digest':
      put(out, 1, record.hour);
      out.write(record.resource, 9, 'hex');
      out.write(record.target, 41, 'hex');
      out.write(record.body, 73, 'hex');
      put(out, 105, record.size);
      break;
    case 'sealed':
      put(out, 1, record.hour);
      out.write(record.root, 9, 'hex');
      put(out, 41, record.bytes);
      out.writeUInt32LE(record.count, 49);
      break;
    case 'settled':
      put(out, 1, record.hour);
      out[9] = SETTLED[record.outcome];
      break;
    case 'total':
      out.write(record.resource, 1, 'hex');
      put(out, 33, record.bytes);
      break;
    case 'boot':
      out.writeUInt32LE(record.boot, 1);
      break;
  }
  return out;
}

/** The records of one frame. Throws `edge/journal-corrupt` for a type or length that no edge writes. */
export function decodeRecords(payload: Buffer): JournalRecord[] {
  const records: JournalRecord[] = [];
  let offset = 0;
  while (offset < payload.length) {
    const type = payload[offset] ?? 0;
    const size = SIZE[type];
    const end = offset + 1 + (size ?? 0);
    if (size === undefined || end > payload.length) {
      throw new MediaError({
        code: 'edge/journal-corrupt',
        message:
          'The journal holds a record of an unknown kind: it was written by another version of the edge.',
        source: 'internal',
        context: { type, offset },
      });
    }
    records.push(decodeOne(type, payload.subarray(offset, end)));
    offset = end;
  }
  return records;
}

function decodeOne(type: number, at: Buffer): JournalRecord {
  const hex = (from: number, to: number): string => at.toString('hex', from, to);
  switch (type) {
    case TYPE.served:
      return { kind: 'served', resource: hex(1, 33), sample: take(at, 33), bytes: take(at, 41) };
    case TYPE.session:
      return { kind: 'session', token: Uint8Array.from(at.subarray(1)) };
    case TYPE.sessionServed:
      return { kind: 'sessionServed', session: hex(1, 17), bytes: take(at, 17) };
    case TYPE.receipt:
      return { kind: 'receipt', receipt: Uint8Array.from(at.subarray(1)) };
    case TYPE.digest:
      return {
        kind: 'digest',
        hour: take(at, 1),
        resource: hex(9, 41),
        target: hex(41, 73),
        body: hex(73, 105),
        size: take(at, 105),
      };
    case TYPE.sealed:
      return {
        kind: 'sealed',
        hour: take(at, 1),
        root: hex(9, 41),
        bytes: take(at, 41),
        count: at.readUInt32LE(49),
      };
    case TYPE.settled:
      return { kind: 'settled', hour: take(at, 1), outcome: outcomeOf(at[9] ?? 0) };
    case TYPE.boot:
      return { kind: 'boot', boot: at.readUInt32LE(1) };
    default:
      return { kind: 'total', resource: hex(1, 33), bytes: take(at, 33) };
  }
}

function outcomeOf(code: number): SettledOutcome {
  if (code === SETTLED.submitted) return 'submitted';
  return code === SETTLED.tooLate ? 'tooLate' : 'refused';
}
