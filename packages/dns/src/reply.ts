import { RCODE, TYPE } from './numbers.ts';
import { soaNumbers } from './rdata.ts';
import type { SoaFields } from './rdata.ts';
import { writeRecordHead } from './rrset.ts';
import type { Rrset } from './rrset.ts';

/** Everything of an answer that does not depend on the question's bytes, ready to be copied behind it. */
export interface Reply {
  readonly rcode: number;
  readonly answers: number;
  readonly authorities: number;
  readonly bytes: Uint8Array;
  /** Offsets within `bytes` of pointers to the zone's apex, whose place in the message depends on the question. */
  readonly apexPointers: readonly number[];
}

const replies = new WeakMap<Rrset, Reply>();

/** The answer that consists of these records; made once. */
export function answerReply(rrset: Rrset): Reply {
  let reply = replies.get(rrset);
  if (reply === undefined) {
    reply = {
      rcode: RCODE.NOERROR,
      answers: rrset.rdata.length,
      authorities: 0,
      bytes: rrset.answer,
      apexPointers: [],
    };
    replies.set(rrset, reply);
  }
  return reply;
}

/**
 * The two ways to say that there is nothing: with the SOA in the authority section (RFC 2308), its names cut down to pointers
 * to the apex, so that a lie about who asks brings little more to the victim than was sent.
 */
export function negativeReplies(
  soa: SoaFields,
  apexText: string,
): { readonly noData: Reply; readonly noName: Reply } {
  const ttl = soa.minimum;
  const parts: Buffer[] = [];
  const apexPointers: number[] = [];
  let size = 0;
  const push = (part: Buffer): void => {
    parts.push(part);
    size += part.length;
  };
  const apexPointer = (): void => {
    apexPointers.push(size);
    push(Buffer.alloc(2));
  };
  /** A name below the apex: its labels, then the pointer. */
  const belowApex = (name: string): void => {
    const below = name === apexText ? '' : name.slice(0, -apexText.length - 1);
    for (const label of below.split('.').filter(Boolean))
      push(Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]));
    apexPointer();
  };
  apexPointer();
  const head = Buffer.alloc(10);
  push(head);
  const dataFrom = size;
  belowApex(soa.mname);
  belowApex(soa.rname);
  push(soaNumbers(soa));
  writeRecordHead(head, 0, TYPE.SOA, ttl, size - dataFrom);
  const bytes = Buffer.concat(parts);
  const common = { answers: 0, authorities: 1, bytes, apexPointers };
  return { noData: { rcode: RCODE.NOERROR, ...common }, noName: { rcode: RCODE.NXDOMAIN, ...common } };
}
