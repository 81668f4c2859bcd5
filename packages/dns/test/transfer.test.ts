import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { silentLog, systemClock } from '@media-network/runtime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { belowKey } from '../src/name.ts';
import { TYPE } from '../src/numbers.ts';
import { createResponder } from '../src/responder.ts';
import type { Responder } from '../src/responder.ts';
import { listenDns } from '../src/server.ts';
import type { DnsServer } from '../src/server.ts';
import { readSecondary } from '../src/transfer/notify.ts';
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
