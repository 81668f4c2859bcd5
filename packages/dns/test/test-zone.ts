import { createManualClock } from '@media-network/runtime/testing';
import type { ManualClock } from '@media-network/runtime/testing';
import { belowKey, encodeName } from '../src/name.ts';
import { TYPE } from '../src/numbers.ts';
import { addressRdata, caaRdata, soaRdata, txtRdata } from '../src/rdata.ts';
import { negativeReplies } from '../src/reply.ts';
import { createResponder } from '../src/responder.ts';
import type { Responder, ResponderOptions } from '../src/responder.ts';
import { createRrset } from '../src/rrset.ts';
import type { Rrset } from '../src/rrset.ts';
import type { Asker, Zone, ZoneContent, ZoneNode } from '../src/zone.ts';

const APEX = 'zone.test';
const SOA = {
  mname: `ns1.${APEX}`,
  rname: `host.${APEX}`,
  serial: 7,
  refresh: 900,
  retry: 300,
  expire: 86_400,
  minimum: 60,
};

export const node = (...rrsets: Rrset[]): ZoneNode => ({
  rrsets: new Map(rrsets.map((each) => [each.type, each])),
  tailoredTypes: [],
});
export const addresses = (type: number, ...texts: string[]): Rrset =>
  createRrset(type, 60, texts.map(addressRdata));

/** `geo` answers by the first byte of who asks, and has looked at eight bits of it then. */
const byFirstByte = new Map<number, Rrset>();
const geo: ZoneNode = {
  rrsets: new Map(),
  tailoredTypes: [TYPE.A, TYPE.AAAA],
  tailored(type, asker) {
    if (type !== TYPE.A) return undefined;
    asker.scopeBits = 8;
    const first = asker.address[0] ?? 0;
    let rrset = byFirstByte.get(first);
    if (rrset === undefined) byFirstByte.set(first, (rrset = addresses(TYPE.A, `198.51.100.${first}`)));
    return rrset;
  },
};

const names = new Map<string, ZoneNode>([
  [
    '',
    node(
      createRrset(TYPE.SOA, 60, [soaRdata(SOA)]),
      createRrset(TYPE.NS, 3_600, [encodeName(`ns1.${APEX}`), encodeName(`ns2.${APEX}`)]),
      createRrset(TYPE.CAA, 3_600, [caaRdata(0, 'issue', 'ca.test')]),
    ),
  ],
  [belowKey('www'), node(addresses(TYPE.A, '192.0.2.2', '192.0.2.1'), addresses(TYPE.AAAA, '2001:db8::1'))],
  [belowKey('geo'), geo],
  // 1,300 bytes: by UDP to nobody.
  [belowKey('long'), node(createRrset(TYPE.TXT, 60, [txtRdata('x'.repeat(1_300))]))],
  // Above 512 bytes, below 1,232.
  [belowKey('middle'), node(createRrset(TYPE.TXT, 60, [txtRdata('y'.repeat(700))]))],
]);

const anybody: Asker = { family: 4, address: new Uint8Array(16), bits: 0, scopeBits: 0 };
const contentOf = ([below, { rrsets, tailoredTypes, tailored }]: readonly [
  string,
  ZoneNode,
]): ZoneContent => ({
  below,
  rrsets: [...rrsets.values(), ...tailoredTypes.flatMap((type) => tailored?.(type, anybody) ?? [])],
});

/** The zone at another time: its serial is another, and it may have more names. */
export function testZoneAt(serial: number, more: ReadonlyMap<string, ZoneNode> = new Map()): Zone {
  const soa = { ...SOA, serial };
  const apex = new Map(names.get('')?.rrsets).set(TYPE.SOA, createRrset(TYPE.SOA, 60, [soaRdata(soa)]));
  const all = new Map([...names, ['', { rrsets: apex, tailoredTypes: [] }], ...more]);
  return {
    apex: encodeName(APEX),
    find: (below) => all.get(below),
    negative: negativeReplies(soa, APEX),
    contents: () => [...all].map(contentOf),
  };
}

export const testZone: Zone = testZoneAt(SOA.serial);

export function testResponder(
  options: ResponderOptions = {},
  clock: ManualClock = createManualClock(),
): Responder {
  const responder = createResponder(
    { clock, random: () => 0.5, cookieSecret: new Uint8Array(16).fill(3) },
    options,
  );
  responder.setZones([testZone]);
  return responder;
}
