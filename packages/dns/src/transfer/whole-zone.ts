import { chainedNsecRdata } from '../dnssec/nsec.ts';
import { TYPE } from '../numbers.ts';
import { createRrset } from '../rrset.ts';
import type { Rrset } from '../rrset.ts';
import type { Zone } from '../zone.ts';

/** A set of records with the name that has it, on the wire. */
export interface OwnedRrset {
  readonly name: Uint8Array;
  readonly rrset: Rrset;
}

/**
 * A zone from its SOA to its SOA (RFC 5936 §2.2); nothing where it has none. Of a signed one each set comes with its signature, and
 * each name with an NSEC that leads to the next: who keeps the copy signs nothing.
 */
export function* wholeZone(zone: Zone): Generator<OwnedRrset> {
  const { apex, signer } = zone;
  const contents = [...(zone.contents?.() ?? [])].toSorted((a, b) => inZoneOrder(a.below, b.below));
  const [first] = contents;
  const soa = first?.below === '' ? first.rrsets.find(({ type }) => type === TYPE.SOA) : undefined;
  if (soa === undefined) return;
  const ttl = Math.min(soa.ttl, minimumOf(soa));
  const names = contents.map(({ below }) => Buffer.concat([Buffer.from(below, 'latin1'), apex]));
  yield { name: apex, rrset: soa };
  for (const [i, { rrsets }] of contents.entries()) {
    const name = names[i] ?? apex;
    for (const rrset of rrsets) {
      if (rrset !== soa) yield { name, rrset };
      if (signer !== undefined) yield { name, rrset: signer.signature(rrset, name, apex) };
    }
    if (signer === undefined) continue;
    const types = [...rrsets.map(({ type }) => type), TYPE.RRSIG, TYPE.NSEC];
    const nsec = createRrset(TYPE.NSEC, ttl, [chainedNsecRdata(names[i + 1] ?? apex, types)]);
    yield { name, rrset: nsec };
    yield { name, rrset: signer.signature(nsec, name, apex) };
  }
  yield { name: apex, rrset: soa };
}

/** The last four bytes (RFC 2308). */
function minimumOf(soa: Rrset): number {
  const rdata = Buffer.from(soa.rdata[0] ?? []);
  return rdata.readUInt32BE(rdata.length - 4);
}

/** RFC 4034 §6.1: by labels, the last first, each by its bytes. */
export function inZoneOrder(a: string, b: string): number {
  const [as, bs] = [labelsOf(a), labelsOf(b)];
  for (let i = 1; i <= Math.min(as.length, bs.length); i += 1) {
    const [left = '', right = ''] = [as.at(-i), bs.at(-i)];
    if (left !== right) return left < right ? -1 : 1;
  }
  return as.length - bs.length;
}

/** Labels of a key, one character a byte. */
function labelsOf(below: string): readonly string[] {
  const labels: string[] = [];
  for (let at = 0; at < below.length; at += 1 + below.charCodeAt(at))
    labels.push(below.slice(at + 1, at + 1 + below.charCodeAt(at)));
  return labels;
}
