import { createHash } from 'node:crypto';
import { belowKey } from '@media-network/dns';
import { resourceLabel } from '@media-network/protocol';
import { seedOf } from '@media-network/steering';
import type { Site } from '@media-network/steering';
import { expect, test } from 'vitest';
import { addressAt } from '../testing-accounts.ts';
import type { EdgeByUrl, NameState } from './name-duty.ts';
import { createSteerDesk } from './steer-desk.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const LABEL = resourceLabel(addressAt(1), sha256);
const PICKY = resourceLabel(addressAt(2), sha256);
const edge = (id: string, url: string, region = 'eu-west'): EdgeByUrl => ({
  id,
  url,
  region,
  share: 1,
  ipv4: ['192.0.2.1'],
  ipv6: [],
});
const state = (...byUrl: EdgeByUrl[]): NameState => ({
  origin: 'net.test',
  serial: 1,
  sites: new Map<string, Site>([
    [belowKey(LABEL), { seed: seedOf(LABEL) }],
    [belowKey(PICKY), { seed: seedOf(PICKY), picked: ({ region }) => region === 'us-east' }],
  ]),
  edges: [],
  byUrl,
  servers: [],
  issuers: [],
  regionOf: () => 'us-us',
});
const BOTH = state(edge('a', 'http://192.0.2.1:8080'), edge('b', 'https://b.example', 'us-east'));

test('edges for whoever asks, the nearest first, by label, name or address', () => {
  const desk = createSteerDesk(() => BOTH);
  const expected = {
    host: `${LABEL}.net.test`,
    region: 'us-us',
    ttlSecs: 60,
    edges: [
      { edge: 'b', url: 'https://b.example', region: 'us-east', share: 1 },
      { edge: 'a', url: 'http://192.0.2.1:8080', region: 'eu-west', share: 1 },
    ],
  };
  for (const named of [LABEL, LABEL.toUpperCase(), `${LABEL}.net.test`, addressAt(1)])
    expect(desk.edgesFor(named, '::ffff:203.0.113.9')).toEqual(expected);
  expect(desk.edgesFor(PICKY, '2001:db8::1')?.edges.map((each) => each.edge)).toEqual(['b']);
  for (const named of ['', 'x', addressAt(3), `a.${LABEL}.net.test`, '../..'])
    expect(desk.edgesFor(named, '203.0.113.9')).toBeUndefined();
});

test("a request for a site's name is sent to an edge under the same name, target and all", () => {
  const desk = createSteerDesk(() => BOTH);
  expect(desk.locationFor(`${LABEL}.net.test`, '/a//b?c=%2e', '203.0.113.9')).toEqual({
    kind: 'edge',
    location: `https://${LABEL}.net.test/a//b?c=%2e`,
  });
  const one = createSteerDesk(() => state(edge('a', 'http://192.0.2.1:8080')));
  expect(one.locationFor(`${LABEL}.net.test`, '/', '203.0.113.9')).toEqual({
    kind: 'edge',
    location: `http://${LABEL}.net.test:8080/`,
  });
  expect(one.locationFor(`${PICKY}.net.test`, '/', '203.0.113.9')).toEqual({ kind: 'nowhere' });
  for (const host of ['net.test', 'guard.example', 'xnet.test', `x.${LABEL}.net.test`, ''])
    expect(one.locationFor(host, '/', '203.0.113.9')).toBeUndefined();
});

test('before the first look there is nothing to say', () => {
  const desk = createSteerDesk(() => undefined);
  expect(desk.edgesFor(LABEL, '203.0.113.9')).toBeUndefined();
  expect(desk.locationFor(`${LABEL}.net.test`, '/', '203.0.113.9')).toBeUndefined();
});
