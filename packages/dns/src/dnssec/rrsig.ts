import { createRrset, writeRecordHead } from '../rrset.ts';
import { TYPE } from '../numbers.ts';
import type { Rrset } from '../rrset.ts';
import type { ZoneKey } from './zone-key.ts';

/** In front of the signer's name; and of a record's, between name and data. */
const HEAD_BYTES = 18;
const FIELDS_BYTES = 10;

/** Seconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/** The signature of a set of records at a name (RFC 4034 §3.1, §6.2); names on the wire, lower case. */
export function signRrset(
  rrset: Pick<Rrset, 'type' | 'ttl' | 'rdata'>,
  name: Uint8Array,
  apex: Uint8Array,
  key: ZoneKey,
  validity: Validity,
): Rrset {
  // What is preferred may stand first in an answer; what is signed is in the order of its bytes.
  const ordered = rrset.rdata.toSorted((a, b) => Buffer.compare(a, b));
  const before = HEAD_BYTES + apex.length;
  // One piece of memory for all of it: signatures are made by the ten thousand.
  const data = Buffer.allocUnsafe(
    ordered.reduce((size, rdata) => size + name.length + FIELDS_BYTES + rdata.length, before),
  );
  data.writeUInt16BE(rrset.type, 0);
  data[2] = key.algorithm;
  data[3] = labelsOf(name);
  data.writeUInt32BE(rrset.ttl, 4);
  data.writeUInt32BE(validity.until >>> 0, 8);
  data.writeUInt32BE(validity.from >>> 0, 12);
  data.writeUInt16BE(key.tag, 16);
  data.set(apex, HEAD_BYTES);
  let at = before;
  for (const rdata of ordered) {
    data.set(name, at);
    writeRecordHead(data, at + name.length, rrset.type, rrset.ttl, rdata.length);
    at += name.length + FIELDS_BYTES;
    data.set(rdata, at);
    at += rdata.length;
  }
  return createRrset(TYPE.RRSIG, rrset.ttl, [Buffer.concat([data.subarray(0, before), key.sign(data)])]);
}

function labelsOf(name: Uint8Array): number {
  let labels = 0;
  for (let at = 0; (name[at] ?? 0) !== 0; at += 1 + (name[at] ?? 0)) labels += 1;
  return labels;
}
