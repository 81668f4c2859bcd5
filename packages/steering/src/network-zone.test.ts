import { createResponder, RCODE, TYPE } from '@media-network/dns';
import type { Responder } from '@media-network/dns';
import packet from 'dns-packet';
import { createManualClock } from '@media-network/runtime/testing';
import { expect, test } from 'vitest';
import { belowKey } from '@media-network/dns';
import { seedOf } from './hash.ts';
import { createNetworkZone } from './network-zone.ts';
import type { Site, ZoneState } from './network-zone.ts';

const edge = (n: number, more: object = {}): ZoneState['edges'][number] => ({
  id: `edge-${n}`,
  region: 'eu-west',
  share: 1,
  ipv4: [`192.0.2.${n}`],
  ipv6: [],
  ...more,
});
const STATE: ZoneState = {
  origin: 'net.test',
  serial: 12,
  sites: new Map<string, Site>([
    [belowKey('site'), { seed: seedOf('site') }],
    [belowKey('picky'), { seed: seedOf('picky'), picked: ({ id }) => id === 'edge-2' }],
    [belowKey('nowhere'), { seed: seedOf('nowhere'), picked: () => false }],
  ]),
  edges: [edge(1), edge(2), edge(3)],
  servers: [
    { no: 2, ipv4: ['198.51.100.2'], ipv6: [] },
    { no: 1, ipv4: ['198.51.100.1'], ipv6: ['2001:db8::1'] },
  ],
  issuers: ['ca.test'],
};

function serving(state: ZoneState): Responder {
  const responder = createResponder(
    { clock: createManualClock(), random: () => 0, cookieSecret: new Uint8Array(16) },
    { rates: undefined },
  );
  responder.setZones([createNetworkZone(state)]);
  return responder;
}

function ask(responder: Responder, name: string, type = 'A', from = '203.0.113.9'): Buffer {
  const out = Buffer.alloc(4_096);
  const query = packet.encode({
    type: 'query',
    id: 1,
    questions: [{ type: type as 'A', name, class: 'IN' }],
  });
  const address = new Uint8Array(16);
  address.set(from.split('.').map(Number));
  const size = responder.respond(query, query.length, { family: 4, address }, 'udp', out);
  return Buffer.from(out.subarray(0, size));
}
const dataOf = (bytes: Buffer): unknown[] =>
  (packet.decode(bytes).answers ?? []).map((each) => ('data' in each ? each.data : undefined));

test("a site's name has two edges, other names of the zone what belongs to them", () => {
  const responder = serving(STATE);
  expect(dataOf(ask(responder, 'site.net.test'))).toHaveLength(2);
  expect(packet.decode(ask(responder, 'site.net.test')).answers?.[0]).toMatchObject({ ttl: 60 });
  expect(dataOf(ask(responder, 'site.net.test', 'AAAA'))).toEqual([]);
  expect(dataOf(ask(responder, 'net.test', 'NS'))).toEqual(['ns1.net.test', 'ns2.net.test']);
  expect(dataOf(ask(responder, 'ns1.net.test', 'AAAA'))).toEqual(['2001:db8::1']);
  expect(dataOf(ask(responder, 'net.test', 'CAA'))).toMatchObject([{ tag: 'issue', value: 'ca.test' }]);
  expect(dataOf(ask(responder, 'net.test', 'SOA'))).toMatchObject([{ mname: 'ns1.net.test', serial: 12 }]);
  expect(ask(responder, 'other.net.test')[3]).toBe(RCODE.NXDOMAIN);
  expect(ask(responder, 'net.test')[3]).toBe(RCODE.NOERROR);
});

test('the same state is the same bytes, whatever order it was read in', () => {
  const [one, other] = [
    serving(STATE),
    serving({ ...STATE, edges: STATE.edges.toReversed(), servers: STATE.servers.toReversed() }),
  ];
  for (let n = 0; n < 250; n += 1) {
    const from = `203.0.${n}.1`;
    expect(ask(one, 'site.net.test', 'A', from)).toEqual(ask(other, 'site.net.test', 'A', from));
  }
  for (const type of ['NS', 'SOA', 'CAA', 'MX'])
    expect(ask(one, 'net.test', type)).toEqual(ask(other, 'net.test', type));
});

test('addresses of both families are those of the edges that were picked, an address once', () => {
  const both = serving({ ...STATE, edges: [edge(1, { ipv6: ['2001:db8::a', '2001:db8::b'] }), edge(2)] });
  expect(dataOf(ask(both, 'site.net.test', 'AAAA'))).toEqual(['2001:db8::a', '2001:db8::b']);
  const one = serving({ ...STATE, edges: [1, 2, 3].map((n) => edge(n, { ipv4: ['127.0.0.1'] })) });
  expect(dataOf(ask(one, 'site.net.test'))).toEqual(['127.0.0.1']);
});

test('a site whose publisher has picked edges is answered with those alone', () => {
  const responder = serving(STATE);
  for (let n = 0; n < 50; n += 1)
    expect(dataOf(ask(responder, 'picky.net.test', 'A', `203.0.${n}.1`))).toEqual(['192.0.2.2']);
  expect(dataOf(ask(responder, 'nowhere.net.test'))).toEqual([]);
});

test('no edge at all: the name is there and has no address', () => {
  const answer = ask(serving({ ...STATE, edges: [] }), 'site.net.test');
  expect(answer[3]).toBe(RCODE.NOERROR);
  expect(packet.decode(answer)).toMatchObject({ answers: [], authorities: [{ type: 'SOA' }] });
});

test('all of it is there for servers that keep a copy, as anybody would get it', () => {
  const zone = createNetworkZone(STATE);
  const contents = [...(zone.contents?.() ?? [])];
  const names = contents.map(({ below }) => below);
  expect(new Set(names)).toEqual(new Set(['', belowKey('ns1'), belowKey('ns2'), ...STATE.sites.keys()]));
  const site = contents.find(({ below }) => below === belowKey('site'));
  expect(site?.rrsets.map(({ type, rdata }) => [type, rdata.length])).toEqual([[TYPE.A, 2]]);
  expect(contents.find(({ below }) => below === '')?.rrsets.map(({ type }) => type)).toContain(TYPE.SOA);
});
