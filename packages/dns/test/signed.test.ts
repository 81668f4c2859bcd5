import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silentLog, systemClock } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import packet from 'dns-packet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSource, readSource } from '../src/asker.ts';
import { createZoneKey, dnskeyRdata, newZoneKeyText } from '../src/dnssec/zone-key.ts';
import type { ZoneKey } from '../src/dnssec/zone-key.ts';
import { createZoneSigner } from '../src/dnssec/zone-signer.ts';
import { TYPE } from '../src/numbers.ts';
import { createResponder } from '../src/responder.ts';
import { createRrset } from '../src/rrset.ts';
import { listenDns } from '../src/server.ts';
import type { DnsServer } from '../src/server.ts';
import type { Zone } from '../src/zone.ts';
import { testZone } from './test-zone.ts';

const run = promisify(execFile);
const key = (): ZoneKey => createZoneKey(createPrivateKey(newZoneKeyText()));
/** Two signers of one zone, as two guards are, and one that the zone's keys do not name. */
const keys = [key(), key()];
const stranger = key();
const dnskeys = createRrset(
  TYPE.DNSKEY,
  600,
  keys.map(({ publicKey }) => dnskeyRdata(publicKey)),
);
const signedBy = (by: ZoneKey, clock = systemClock): Zone => ({
  ...testZone,
  find(below) {
    const node = testZone.find(below);
    return below === '' && node !== undefined
      ? { ...node, rrsets: new Map([...node.rrsets, [TYPE.DNSKEY, dnskeys]]) }
      : node;
  },
  signer: createZoneSigner(by, clock),
});

const servers: DnsServer[] = [];
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-dnssec-'));
  for (const by of [...keys, stranger]) {
    const responder = createResponder(
      { clock: systemClock, random: Math.random, cookieSecret: new Uint8Array(16) },
      { rates: undefined },
    );
    responder.setZones([signedBy(by)]);
    servers.push(await listenDns({ host: '127.0.0.1', port: 0 }, responder, silentLog));
  }
  const anchors = keys.map(
    ({ publicKey }) => `"zone.test" static-key 257 3 13 "${Buffer.from(publicKey).toString('base64')}";`,
  );
  await writeFile(join(dir, 'anchors'), `trust-anchors { ${anchors.join('\n')} };\n`);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await rm(dir, { recursive: true, force: true });
});

/** What a validator says of an answer of one of the servers. */
async function delv(server: number, ...args: string[]): Promise<string> {
  const at = [
    '@127.0.0.1',
    '-p',
    String(servers[server]?.port),
    '-a',
    join(dir, 'anchors'),
    '+root=zone.test',
  ];
  const { stdout, stderr } = await run('delv', [...at, ...args]).catch((error: unknown) => ({
    stdout: String(error),
    stderr: '',
  }));
  return stdout + stderr;
}

test.each([
  ['www.zone.test', 'A', /fully validated[^]*192\.0\.2\.1[^]*192\.0\.2\.2/],
  ['www.zone.test', 'AAAA', /fully validated[^]*2001:db8::1/],
  ['geo.zone.test', 'A', /fully validated[^]*198\.51\.100\.127/],
  ['zone.test', 'CAA', /fully validated[^]*ca\.test/],
  ['zone.test', 'DNSKEY', /fully validated/],
  ['zone.test', 'SOA', /fully validated/],
  ['long.zone.test', 'TXT', /fully validated[^]*xxx/],
  ['www.zone.test', 'MX', /negative response, fully validated/],
  ['geo.zone.test', 'AAAA', /negative response, fully validated/],
  ['none.zone.test', 'A', /negative response, fully validated/],
  ['a.b.none.zone.test', 'TXT', /negative response, fully validated/],
  ['zone.test', 'A', /negative response, fully validated/],
])('delv validates %s %s of either signer', async (name, type, expected) => {
  for (const server of [0, 1]) expect(await delv(server, name, type)).toMatch(expected);
});

test('delv refuses what a key signed that the zone does not name', async () => {
  const said = await delv(2, 'www.zone.test', 'A');
  expect(said).not.toMatch(/fully validated/);
  expect(said).toMatch(/no valid|broken trust chain|resolution failed/);
});

const dig = async (...args: string[]): Promise<string> =>
  (await run('dig', ['@127.0.0.1', '-p', String(servers[0]?.port), ...args])).stdout;

test('who does not ask for signatures gets none, and NXDOMAIN as ever', async () => {
  expect(await dig('www.zone.test', 'A')).not.toMatch(/RRSIG/);
  expect(await dig('none.zone.test', 'A')).toMatch(/status: NXDOMAIN[^]*AUTHORITY: 1,/);
  expect(await dig('none.zone.test', 'A', '+dnssec')).toMatch(/status: NOERROR[^]*AUTHORITY: 4,[^]*NSEC/);
});

test('names that nobody has are signed so often a second, then it is TCP; those that are there go on', () => {
  const clock = createManualClock();
  const responder = createResponder(
    { clock, random: () => 0, cookieSecret: new Uint8Array(16) },
    { rates: undefined },
  );
  responder.setZones([signedBy(keys[0] ?? stranger, clock)]);
  const out = Buffer.alloc(4_096);
  const source = createSource();
  readSource('203.0.113.9', source);
  const ask = (name: string): packet.DecodedPacket => {
    const query = packet.encode({
      type: 'query',
      id: 1,
      questions: [{ type: 'A', name, class: 'IN' }],
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 1_232,
          flags: packet.DNSSEC_OK,
          options: [],
          extendedRcode: 0,
          ednsVersion: 0,
          flag_do: true,
        },
      ],
    });
    return packet.decode(out.subarray(0, responder.respond(query, query.length, source, 'udp', out)));
  };
  const truncated = Array.from({ length: 2_010 }, (_, n) => ask(`n${n}.zone.test`).flag_tc);
  expect(truncated.filter(Boolean)).toHaveLength(10);
  expect(ask('n0.zone.test').flag_tc).toBe(false);
  expect(ask('www.zone.test').answers).toHaveLength(3);
  clock.advance(1_000);
  expect(ask('other.zone.test').flag_tc).toBe(false);
});
