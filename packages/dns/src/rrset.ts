import { CLASS_IN, HEADER_BYTES } from './numbers.ts';

/** Records of one type at one name. The owner is not in it: an answer points to the question. */
export interface Rrset {
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  readonly rdata: readonly Uint8Array[];
  /** The records as they stand in an answer, each owned by the question's name. */
  readonly answer: Uint8Array;
}

/** A pointer to the name of the question (RFC 1035 §4.1.4). */
export const QUESTION_POINTER: number = 0xc000 | HEADER_BYTES;

/** Records are put into the order of their bytes (RFC 4034 §6.3), so that the same set is the same bytes everywhere. */
export function createRrset(
  type: number,
  ttl: number,
  rdata: readonly Uint8Array[],
  keepOrder = false,
): Rrset {
  const ordered = keepOrder ? rdata : rdata.toSorted((a, b) => Buffer.compare(a, b));
  const answer = Buffer.concat(
    ordered.map((each) => {
      const head = Buffer.alloc(12);
      head.writeUInt16BE(QUESTION_POINTER, 0);
      writeRecordHead(head, 2, type, ttl, each.length);
      return Buffer.concat([head, each]);
    }),
  );
  return { type, ttl, rdata: ordered, answer };
}

/** Type, class, TTL and length of a record's data: ten bytes. */
export function writeRecordHead(
  into: Buffer,
  at: number,
  type: number,
  ttl: number,
  dataLength: number,
): void {
  into.writeUInt16BE(type, at);
  into.writeUInt16BE(CLASS_IN, at + 2);
  into.writeUInt32BE(ttl, at + 4);
  into.writeUInt16BE(dataLength, at + 8);
}
