import { HEADER_BYTES } from '../numbers.ts';
import { writeRecordHead } from '../rrset.ts';
import type { TsigStream } from '../tsig/tsig.ts';
import type { Zone } from '../zone.ts';
import { wholeZone } from './whole-zone.ts';

/** Bytes of records in a message: some hundred, so that few signatures are made and nobody waits long for one. */
const MESSAGE_BYTES = 16_384;
/** The longest record that fits besides: names, head and data of 65,535 bytes would not, and none is made. */
const ROOM_BYTES = 40_960;

export interface ZoneQuery {
  /** Header and question of the query, as they came. */
  readonly question: Uint8Array;
  readonly id: number;
}

/** The messages that a zone is handed over in (RFC 5936 §2.2), each signed. */
export function* zoneStream(
  zone: Zone,
  { question, id }: ZoneQuery,
  tsig: TsigStream,
  nowSecs: () => number,
): Generator<Buffer> {
  const out = Buffer.alloc(ROOM_BYTES);
  let at = 0;
  let records = 0;
  let first = true;

  /** The question stands in the first message alone. */
  const begin = (): void => {
    out.fill(0, 0, HEADER_BYTES);
    out.writeUInt16BE(id, 0);
    // An answer, with authority.
    out.writeUInt16BE(0x8400, 2);
    at = HEADER_BYTES;
    records = 0;
    if (!first) return;
    out.writeUInt16BE(1, 4);
    out.set(question.subarray(HEADER_BYTES), HEADER_BYTES);
    at = question.length;
    first = false;
  };
  const end = (): Buffer => {
    out.writeUInt16BE(records, 6);
    const size = tsig.sign(out, at, nowSecs());
    return Buffer.from(out.subarray(0, size));
  };

  begin();
  for (const { name, rrset } of wholeZone(zone)) {
    for (const rdata of rrset.rdata) {
      if (at + name.length + 10 + rdata.length > MESSAGE_BYTES && records > 0) {
        yield end();
        begin();
      }
      out.set(name, at);
      writeRecordHead(out, at + name.length, rrset.type, rrset.ttl, rdata.length);
      at += name.length + 10;
      out.set(rdata, at);
      at += rdata.length;
      records += 1;
    }
  }
  yield end();
}
