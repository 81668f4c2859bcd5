import { execFile, spawn, spawnSync } from 'node:child_process';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silentLog, systemClock } from '@media-network/runtime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createZoneKey, dnskeyRdata, newZoneKeyText } from '../src/dnssec/zone-key.ts';
import { createZoneSigner } from '../src/dnssec/zone-signer.ts';
import { belowKey, encodeName } from '../src/name.ts';
import { TYPE } from '../src/numbers.ts';
import { createResponder } from '../src/responder.ts';
import type { Responder } from '../src/responder.ts';
import { createRrset } from '../src/rrset.ts';
import { listenDns } from '../src/server.ts';
import type { DnsServer } from '../src/server.ts';
import { notify, readSecondary } from '../src/transfer/notify.ts';
import { inZoneOrder } from '../src/transfer/whole-zone.ts';
import { createTsigKey } from '../src/tsig/tsig-key.ts';
import type { ZoneNode } from '../src/zone.ts';
import { addresses, node, testZoneAt } from './test-zone.ts';

const run = promisify(execFile);
const SECRET = randomBytes(32).toString('base64');
const KEYS = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512'].map(
  (algorithm) => `${algorithm}:key-${algorithm}:${SECRET}`,
);
const [KEY = ''] = KEYS;
const nowSecs = (): number => Math.floor(Date.now() / 1_000);

let responder: Responder;
let server: DnsServer;
beforeEach(async () => {
  responder = createResponder(
    { clock: systemClock, random: Math.random, cookieSecret: randomBytes(16) },
    { transferKeys: KEYS.map(createTsigKey) },
  );
  responder.setZones([testZoneAt(7)]);
  server = await listenDns({ host: '127.0.0.1', port: 0 }, responder, silentLog);
});
afterEach(() => server.close());

async function dig(args: readonly string[], port = server.port): Promise<string> {
  const how = ['@127.0.0.1', '-p', String(port), '+time=10', '+tries=2', '+noall', '+answer', '+comments'];
  // Without a transfer it ends with an error, and says why.
  const { stdout } = await run('dig', [...how, ...args], { maxBuffer: 64 * 2 ** 20 }).catch(
    (error: unknown) => error as { stdout: string }, // what execFile rejects with
  );
  return stdout;
}
const many = (count: number): ReadonlyMap<string, ZoneNode> =>
  new Map(Array.from({ length: count }, (_, i) => [belowKey(`n${i}`), node(addresses(TYPE.A, '192.0.2.9'))]));

describe('a whole zone', () => {
  test.each(KEYS)('is handed to who signs with %s', async (key) => {
    const records = (await dig(['zone.test', 'AXFR', '-y', key]))
      .split('\n')
      .filter((line) => /\sIN\s/.test(line));
    const [first = '', last = ''] = [records[0], records.at(-1)];
    expect(first).toMatch(/^zone\.test\.\s+60\s+IN\s+SOA\s.* 7 900 300 86400 60$/);
    expect(last).toBe(first);
    expect(records.slice(1, -1).map((line) => line.split(/\s+/).slice(0, 4).join(' '))).toEqual(
      [
        'zone.test. 3600 IN NS',
        'zone.test. 3600 IN NS',
        'zone.test. 3600 IN CAA',
        'geo.zone.test. 60 IN A',
        'long.zone.test. 60 IN TXT',
        'middle.zone.test. 60 IN TXT',
        'www.zone.test. 60 IN A',
        'www.zone.test. 60 IN A',
        'www.zone.test. 60 IN AAAA',
      ].map((line) => expect.stringContaining(line) as unknown),
    );
  });

  test('of many messages is whole, each signed over the one before, and one that is asked again by name', async () => {
    responder.setZones([testZoneAt(8, many(5_000))]);
    const out = await dig(['zone.test', 'AXFR', '-y', KEY]);
    expect(out).not.toMatch(/could be validated|Transfer failed|BADSIG/);
    expect(out.match(/192\.0\.2\.9/g)).toHaveLength(5_000);
    expect(await dig(['zone.test', 'IXFR=3', '-y', KEY, '+tcp'])).toMatch(/192\.0\.2\.9/);
  });

  test.each([
    ['without a key', [], /Transfer failed/],
    ['by another name of key', ['-y', `hmac-sha256:other:${SECRET}`], /BADKEY|Transfer failed/],
    [
      'by another secret',
      ['-y', `hmac-sha256:key-hmac-sha256:${randomBytes(32).toString('base64')}`],
      /BADSIG|Transfer failed/,
    ],
    ['by another algorithm', ['-y', `hmac-sha512:key-hmac-sha256:${SECRET}`], /BADKEY|Transfer failed/],
  ])('is not handed out %s', async (_how, args, says) => {
    const out = await dig(['zone.test', 'AXFR', ...args]);
    expect(out).toMatch(says);
    expect(out).not.toContain('www.zone.test');
  });

  test('is not handed out by UDP, nor one of another name', async () => {
    const out = await dig(['www.zone.test', 'AXFR', '-y', KEY]);
    expect(out).not.toContain('192.0.2.1');
    // What has changed is asked by UDP.
    expect(await dig(['zone.test', 'IXFR=7', '-y', KEY, '+notcp'])).toMatch(/SOA\s.* 7 900/);
    expect(await dig(['zone.test', 'SOA', '-y', KEY])).toMatch(/NOERROR[^]*SOA\s.* 7 900/);
    expect(await dig(['zone.test', 'SOA', '-y', KEY])).not.toMatch(/verif|BADSIG/);
  });

  test('with the clocks apart is refused, and the answer says how far', async () => {
    await server.close();
    responder = createResponder(
      {
        clock: { ...systemClock, nowMs: () => Date.now() + 3_600_000 },
        random: Math.random,
        cookieSecret: randomBytes(16),
      },
      { transferKeys: [createTsigKey(KEY)] },
    );
    responder.setZones([testZoneAt(7)]);
    server = await listenDns({ host: '127.0.0.1', port: 0 }, responder, silentLog);
    expect(await dig(['zone.test', 'SOA', '-y', KEY])).toMatch(/NOTAUTH|BADTIME/);
  });
});

test('names are in the order of a zone', () => {
  // RFC 4034 §6.1, without what no key has.
  const ordered = ['', 'a', 'yljkjljk.a', 'z.a', 'zabc.a', 'z'].map(belowKey);
  expect(ordered.toReversed().toSorted(inZoneOrder)).toEqual(ordered);
});

test.each([
  'md5:k:AAAA',
  'hmac-md5:k:AAAAAAAAAAAAAAAAAAAAAA==',
  'hmac-sha256:k:short',
  'hmac-sha256::',
  'hmac-sha256:k',
  `hmac-sha256:a..b:${SECRET}`,
])('is no key: %s', (text) => {
  expect(() => createTsigKey(text)).toThrow(/cannot be used|no domain name/);
});

test.each([
  ['192.0.2.1', { host: '192.0.2.1', port: 53 }],
  ['192.0.2.1:5353', { host: '192.0.2.1', port: 5_353 }],
  ['2001:db8::1', { host: '2001:db8::1', port: 53 }],
  ['[2001:db8::1]:5353', { host: '2001:db8::1', port: 5_353 }],
  ['ns.example', undefined],
  ['192.0.2.1:0', undefined],
  ['192.0.2.1/x', undefined],
])('a server that keeps a copy is at %s', (text, expected) => {
  expect(readSecondary(text)).toEqual(expected);
});

/** The servers that others run, where they are installed. */
const HAS_NSD = spawnSync('nsd', ['-v']).error === undefined;

describe.skipIf(!HAS_NSD)('NSD as a secondary', () => {
  let dir: string;
  let stop: () => Promise<void>;
  let port: number;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'media-nsd-'));
    const probe = await listenDns({ host: '127.0.0.1', port: 0 }, responder, silentLog);
    ({ port } = probe);
    await probe.close();
    const [algorithm = '', name = ''] = KEY.split(':');
    await writeFile(
      join(dir, 'nsd.conf'),
      [
        'server:',
        ` ip-address: 127.0.0.1@${port}`,
        ' server-count: 1',
        ' username: ""',
        ` zonesdir: "${dir}"`,
        ' database: ""',
        ` pidfile: "${join(dir, 'pid')}"`,
        ` xfrdfile: "${join(dir, 'xfrd')}"`,
        ` zonelistfile: "${join(dir, 'zones')}"`,
        ' xfrd-reload-timeout: 0',
        'remote-control:',
        ' control-enable: no',
        'key:',
        ` name: "${name}"`,
        ` algorithm: ${algorithm}`,
        ` secret: "${SECRET}"`,
        'zone:',
        ' name: zone.test',
        ' zonefile: zone.test.zone',
        ` allow-notify: 127.0.0.1 ${name}`,
        ` request-xfr: 127.0.0.1@${server.port} ${name}`,
        '',
      ].join('\n'),
    );
    const nsd = spawn('nsd', ['-d', '-c', join(dir, 'nsd.conf')], { stdio: 'ignore' });
    stop = async () => {
      const closed = once(nsd, 'close');
      nsd.kill('SIGTERM');
      await closed;
    };
  });
  afterEach(async () => {
    await stop();
    await rm(dir, { recursive: true, force: true });
  });

  /** Until NSD has a serial: transfers are its own affair. */
  async function serialIs(serial: number): Promise<void> {
    for (;;) {
      const out = await dig(['zone.test', 'SOA', '+short'], port);
      if (new RegExp(`SOA\\s.* ${serial} 900`).test(out) || new RegExp(` ${serial} 900`).test(out)) return;
    }
  }

  test('takes the zone, hears of a change, and takes that', { timeout: 60_000 }, async () => {
    await serialIs(7);
    expect(await dig(['www.zone.test', 'A'], port)).toMatch(/NOERROR[^]*192\.0\.2\.1[^]*192\.0\.2\.2/);
    expect(await dig(['new.zone.test', 'A'], port)).toMatch(/NXDOMAIN/);
    responder.setZones([testZoneAt(8, new Map([[belowKey('new'), node(addresses(TYPE.A, '192.0.2.77'))]]))]);
    const { signal } = new AbortController();
    const at = { host: '127.0.0.1', port };
    const wrong = createTsigKey(`hmac-sha256:key-hmac-sha256:${randomBytes(32).toString('base64')}`);
    expect(await notify(encodeName('zone.test'), at, wrong, nowSecs, AbortSignal.timeout(1_000))).toBe(false);
    expect(await notify(encodeName('zone.test'), at, createTsigKey(KEY), nowSecs, signal)).toBe(true);
    await serialIs(8);
    expect(await dig(['new.zone.test', 'A'], port)).toMatch(/NOERROR[^]*192\.0\.2\.77/);
  });

  test('gives signed answers that delv validates, positive and negative', { timeout: 60_000 }, async () => {
    const key = createZoneKey(createPrivateKey(newZoneKeyText()));
    const keys = createRrset(TYPE.DNSKEY, 600, [dnskeyRdata(key.publicKey)]);
    const plain = testZoneAt(9);
    const apex = plain.find('');
    const contents = [...(plain.contents?.() ?? [])].map((each) =>
      each.below === '' ? { ...each, rrsets: [...each.rrsets, keys] } : each,
    );
    responder.setZones([
      {
        ...plain,
        find: (below) =>
          below === '' && apex !== undefined
            ? { ...apex, rrsets: new Map(apex.rrsets).set(TYPE.DNSKEY, keys) }
            : plain.find(below),
        signer: createZoneSigner(key, systemClock),
        contents: () => contents,
      },
    ]);
    await notify(
      encodeName('zone.test'),
      { host: '127.0.0.1', port },
      createTsigKey(KEY),
      nowSecs,
      AbortSignal.timeout(20_000),
    );
    await serialIs(9);
    const anchor = Buffer.from(key.publicKey).toString('base64');
    await writeFile(
      join(dir, 'anchors'),
      `trust-anchors { "zone.test" static-key 257 3 13 "${anchor}"; };\n`,
    );
    const delv = async (name: string, type: string): Promise<string> => {
      const how = ['@127.0.0.1', '-p', String(port), '-a', join(dir, 'anchors'), '+root=zone.test'];
      return (await run('delv', [...how, name, type])).stdout;
    };
    expect(await delv('www.zone.test', 'A')).toMatch(/^; fully validated[^]*192\.0\.2\.1/);
    expect(await delv('www.zone.test', 'MX')).toMatch(/negative response, fully validated/);
    expect(await delv('none.zone.test', 'A')).toMatch(/negative response, fully validated/);
  });
});
