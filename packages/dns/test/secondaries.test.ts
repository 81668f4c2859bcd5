import { execFile, spawn } from 'node:child_process';
import { createPrivateKey, randomBytes, randomInt } from 'node:crypto';
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
import { notify } from '../src/transfer/notify.ts';
import { createTsigKey } from '../src/tsig/tsig-key.ts';
import { addresses, node, testZoneAt } from './test-zone.ts';

const run = promisify(execFile);
const SECRET = randomBytes(32).toString('base64');
const [ALGORITHM, NAME] = ['hmac-sha256', 'copy'];
const KEY = createTsigKey(`${ALGORITHM}:${NAME}:${SECRET}`);
const nowSecs = (): number => Math.floor(Date.now() / 1_000);
const TIMEOUT = { timeout: 120_000 };

interface Place {
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  /** Of the server that has the zone, on 127.0.0.1. */
  readonly from: number;
}

/** Servers that others run, as they are told to keep a copy: program, arguments and their file. */
const SERVERS = [
  {
    name: 'NSD',
    command: (file: string) => ['nsd', '-d', '-c', file],
    config: ({ dir, host, port, from }: Place) => [
      'server:',
      ` ip-address: ${host}@${port}`,
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
      ` name: "${NAME}"`,
      ` algorithm: ${ALGORITHM}`,
      ` secret: "${SECRET}"`,
      'zone:',
      ' name: zone.test',
      ' zonefile: zone.test.zone',
      ` allow-notify: 127.0.0.1 ${NAME}`,
      ` request-xfr: 127.0.0.1@${from} ${NAME}`,
    ],
  },
  {
    name: 'Knot',
    command: (file: string) => ['knotd', '-c', file],
    config: ({ dir, host, port, from }: Place) => [
      'server:',
      ` rundir: "${dir}"`,
      ` listen: ${host}@${port}`,
      ' udp-workers: 1',
      ' tcp-workers: 1',
      ' background-workers: 1',
      'database:',
      ` storage: "${dir}"`,
      'key:',
      ` - id: ${NAME}`,
      `   algorithm: ${ALGORITHM}`,
      `   secret: ${SECRET}`,
      'remote:',
      ' - id: guard',
      `   address: 127.0.0.1@${from}`,
      `   key: ${NAME}`,
      'acl:',
      ' - id: told',
      '   address: 127.0.0.1',
      `   key: ${NAME}`,
      '   action: notify',
      'zone:',
      ' - domain: zone.test',
      `   storage: "${dir}"`,
      '   master: guard',
      '   acl: told',
      '   zonefile-sync: -1',
      '   zonefile-load: none',
      '   journal-content: none',
    ],
  },
] as const;

describe.each(SERVERS)('$name as a secondary', ({ command, config }) => {
  let responder: Responder;
  let server: DnsServer;
  let place: Place;
  let stop: () => Promise<void>;
  /** What it said, once it has ended. */
  let ended: () => string | undefined;

  beforeEach(async () => {
    responder = createResponder(
      { clock: systemClock, random: Math.random, cookieSecret: randomBytes(16) },
      { transferKeys: [KEY] },
    );
    responder.setZones([testZoneAt(7)]);
    server = await listenDns({ host: '127.0.0.1', port: 0 }, responder, silentLog);
    // It takes no port by asking for 0: so an address of its own, on which nobody else listens, below where ports are handed out.
    const host = `127.${randomInt(64, 128)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    place = {
      dir: await mkdtemp(join(tmpdir(), 'media-secondary-')),
      host,
      port: randomInt(5_400, 9_000),
      from: server.port,
    };
    const file = join(place.dir, 'server.conf');
    await writeFile(file, `${config(place).join('\n')}\n`);
    const [program, ...args] = command(file);
    const child = spawn(program ?? '', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += String(part)));
    ended = () => (child.exitCode === null ? undefined : said);
    stop = async () => {
      const closed = once(child, 'close');
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await closed;
      }
    };
  });
  afterEach(async () => {
    await stop();
    await server.close();
    await rm(place.dir, { recursive: true, force: true });
  });

  async function dig(name: string, type: string): Promise<string> {
    const how = [`@${place.host}`, '-p', String(place.port), '+time=5', '+tries=2', '+noall', '+answer'];
    const { stdout } = await run('dig', [...how, '+comments', name, type]).catch(
      (error: unknown) => error as { stdout: string }, // what execFile rejects with
    );
    return stdout;
  }
  /** Until it has a serial: transfers are its own affair. */
  async function serialIs(serial: number): Promise<void> {
    while (!new RegExp(`SOA\\s.* ${serial} 900`).test(await dig('zone.test', 'SOA'))) {
      const said = ended();
      if (said !== undefined) throw new Error(`it has ended: ${said}`);
    }
  }

  test('takes the zone, hears of a change, and takes that', TIMEOUT, async () => {
    await serialIs(7);
    expect(await dig('www.zone.test', 'A')).toMatch(/NOERROR[^]*192\.0\.2\.1[^]*192\.0\.2\.2/);
    expect(await dig('new.zone.test', 'A')).toMatch(/NXDOMAIN/);
    responder.setZones([testZoneAt(8, new Map([[belowKey('new'), node(addresses(TYPE.A, '192.0.2.77'))]]))]);
    const { signal } = new AbortController();
    const wrong = createTsigKey(`${ALGORITHM}:${NAME}:${randomBytes(32).toString('base64')}`);
    expect(await notify(encodeName('zone.test'), place, wrong, nowSecs, AbortSignal.timeout(1_000))).toBe(
      false,
    );
    expect(await notify(encodeName('zone.test'), place, KEY, nowSecs, signal)).toBe(true);
    await serialIs(8);
    expect(await dig('new.zone.test', 'A')).toMatch(/NOERROR[^]*192\.0\.2\.77/);
  });

  test('gives signed answers that delv validates, positive and negative', TIMEOUT, async () => {
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
    await notify(encodeName('zone.test'), place, KEY, nowSecs, AbortSignal.timeout(20_000));
    await serialIs(9);
    const anchor = Buffer.from(key.publicKey).toString('base64');
    await writeFile(
      join(place.dir, 'anchors'),
      `trust-anchors { "zone.test" static-key 257 3 13 "${anchor}"; };\n`,
    );
    const delv = async (name: string, type: string): Promise<string> => {
      const how = [`@${place.host}`, '-p', String(place.port), '-a', join(place.dir, 'anchors')];
      return (await run('delv', [...how, '+root=zone.test', name, type])).stdout;
    };
    expect(await delv('www.zone.test', 'A')).toMatch(/^; fully validated[^]*192\.0\.2\.1/);
    expect(await delv('www.zone.test', 'MX')).toMatch(/negative response, fully validated/);
    expect(await delv('none.zone.test', 'A')).toMatch(/negative response, fully validated/);
  });
});
