import { execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import packet from 'dns-packet';
import {
  TYPE,
  belowKey,
  createResponder,
  createRrset,
  encodeName,
  listenDns,
  negativeReplies,
} from '@media-network/dns';
import type { DnsServer, ZoneNode } from '@media-network/dns';
import { decodeSteerView } from '@media-network/protocol';
import { silentLog, systemClock } from '@media-network/runtime';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SUBNETS, askFor, edgesNamed } from './harness/dns-questions.ts';
import { present } from './harness/network.ts';
import { until } from './harness/processes.ts';

const run = promisify(execFile);
let devnet: Devnet;
const edgeHost = (index: number): string => `127.0.0.${index + 1}`;

/** The first guard hands its zone out, and tells a server of changes. */
const TRANSFER_KEY = `hmac-sha256:copy:${Buffer.alloc(32, 5).toString('base64')}`;
const copy = createSocket('udp4');
const told: Buffer[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-names-'));
  await writeFile(join(folder, 'keys'), `${TRANSFER_KEY}\n`);
  copy.on('message', (message) => told.push(message));
  copy.bind(0, '127.0.0.1');
  await once(copy, 'listening');
  const transfers = {
    dnsTransferKeys: join(folder, 'keys'),
    dnsNotify: `127.0.0.1:${copy.address().port}`,
  };
  devnet = await createDevnet({ dns: true, edgeHost, guardFlags: (index) => (index === 0 ? transfers : {}) });
});
afterAll(async () => {
  await devnet?.close();
  copy.close();
  await rm(folder, { recursive: true, force: true });
});

const serverOf = (guard: number): { readonly host: string; readonly port: number } =>
  present(devnet.guards[guard]?.dns, 'name server');

async function dig(guard: number, ...args: string[]): Promise<string> {
  const { host, port } = serverOf(guard);
  const { stdout } = await run('dig', [`@${host}`, '-p', String(port), '+time=20', '+tries=3', ...args]);
  return stdout;
}

/** The bytes that a guard answers a client of the n-th /24 with. */
const bytesFor = (guard: number, subnet: number, name = devnet.host, type = 'A'): Promise<Buffer> =>
  askFor(serverOf(guard), subnet, name, type);
/** The name server of a publisher whose www leads to a host of the network. */
async function startOwner(host: string): Promise<DnsServer> {
  const origin = 'shop.example';
  const soa = {
    mname: `ns.${origin}`,
    rname: `host.${origin}`,
    serial: 1,
    refresh: 60,
    retry: 60,
    expire: 60,
    minimum: 1,
  };
  const cname = createRrset(TYPE.CNAME, 60, [encodeName(host)]);
  const responder = createResponder({
    clock: systemClock,
    random: Math.random,
    cookieSecret: new Uint8Array(16),
  });
  // Whatever is asked at a name with a CNAME is answered with it (RFC 1034 §3.6.2).
  const www: ZoneNode = {
    rrsets: new Map([TYPE.A, TYPE.AAAA, TYPE.CNAME].map((type) => [type, cname])),
    tailoredTypes: [],
  };
  responder.setZones([
    {
      apex: encodeName(origin),
      find: (below) => (below === belowKey('www') ? www : undefined),
      negative: negativeReplies(soa, origin),
    },
  ]);
  return listenDns({ host: '127.0.0.1', port: 0 }, responder, silentLog);
}
const firstsAt = (guard: number): Promise<ReadonlySet<string>> => edgesNamed(serverOf(guard), devnet.host);

test('every guard answers for the site, with the same bytes, and over many clients with all edges', async () => {
  const all = [0, 1, 2].map(edgeHost);
  for (const guard of [0, 1, 2])
    await until(`guard ${guard} knows the site and its edges`, 120_000, async () =>
      (await firstsAt(guard)).size === all.length ? true : undefined,
    );
  await until('all guards are name servers to each other', 120_000, async () => {
    const answers = await Promise.all(
      [0, 1, 2].map((guard) => bytesFor(guard, 0, 'medianet.localhost', 'NS')),
    );
    return answers.every((each) => packet.decode(each).answers?.length === 3) ? true : undefined;
  });
  for (const n of SUBNETS) {
    const [one, two, three] = await Promise.all([0, 1, 2].map((guard) => bytesFor(guard, n)));
    expect(two).toEqual(one);
    expect(three).toEqual(one);
  }
  const short = await dig(1, '+short', devnet.host);
  expect(short.trim().split('\n')).toHaveLength(2);
  expect(all).toEqual(expect.arrayContaining(short.trim().split('\n')));
  expect(await dig(2, '+tcp', '+short', devnet.host)).toBe(short);
  expect(await dig(0, `nobody.medianet.localhost`)).toMatch(/status: NXDOMAIN/);
  expect(await dig(0, '+short', 'ns1.medianet.localhost')).toBe('127.0.0.1\n');
});

test('a validator that has the keys of the zone takes the answers of every guard, and what is not there', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'media-anchors-'));
  try {
    const keysAt = async (guard: number): Promise<string[]> =>
      (await dig(guard, '+short', 'medianet.localhost', 'DNSKEY')).trim().split('\n').toSorted();
    const keys = await until('all guards name all keys', 120_000, async () => {
      const all = await Promise.all([0, 1, 2].map(keysAt));
      return all.every((each) => each.length === 3 && each.join() === all[0]?.join()) ? all[0] : undefined;
    });
    const anchors = keys.map((key) => {
      const [flags, protocol, algorithm, ...text] = key.split(' ');
      return `"medianet.localhost" static-key ${flags} ${protocol} ${algorithm} "${text.join('')}";`;
    });
    await writeFile(join(dir, 'anchors'), `trust-anchors { ${anchors.join('\n')} };\n`);
    const delv = async (guard: number, name: string, type: string): Promise<string> => {
      const { host, port } = serverOf(guard);
      const how = ['-a', join(dir, 'anchors'), '+root=medianet.localhost'];
      return (await run('delv', [`@${host}`, '-p', String(port), ...how, name, type])).stdout;
    };
    for (const guard of [0, 1, 2]) {
      expect(await delv(guard, devnet.host, 'A')).toMatch(/^; fully validated[^]*127\.0\.0\.\d/);
      expect(await delv(guard, devnet.host, 'AAAA')).toMatch(/negative response, fully validated/);
      expect(await delv(guard, 'nobody.medianet.localhost', 'A')).toMatch(
        /negative response, fully validated/,
      );
    }
    const info = await fetch(`${present(devnet.guards[0], 'guard').url}/v1/info`);
    expect(await info.json()).toMatchObject({
      ds: expect.stringMatching(/^medianet\.localhost\. DS \d+ 13 2 [0-9A-F]{64}$/),
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

/** Lines of a DNSKEY answer as a resolver takes them for anchors. */
async function anchorLines(): Promise<readonly string[]> {
  const keys = (await dig(0, '+short', 'medianet.localhost', 'DNSKEY')).trim().split('\n');
  return keys.map((key) => `medianet.localhost. IN DNSKEY ${key}`);
}

test('dig and kdig read the same, positive and negative', async () => {
  const { host, port } = serverOf(0);
  const asked: readonly (readonly string[])[] = [
    [devnet.host, 'A'],
    [devnet.host, 'A', '+dnssec'],
    [devnet.host, 'AAAA'],
    ['medianet.localhost', 'NS'],
    ['medianet.localhost', 'SOA'],
    ['ns1.medianet.localhost', 'A'],
    ['nobody.medianet.localhost', 'A'],
    ['nobody.medianet.localhost', 'A', '+dnssec'],
    ['example.com', 'A'],
  ];
  for (const args of asked) {
    const kdig = await run('kdig', [
      `@${host}`,
      '-p',
      String(port),
      '+time=20',
      '+noall',
      '+answer',
      '+header',
      ...args,
    ]);
    const ours = await dig(0, '+noall', '+answer', '+comments', ...args);
    expect([args, answersIn(kdig.stdout)]).toEqual([args, answersIn(ours)]);
  }
});

/** Status, and the records without their times: who asks later has a signature of another second. */
function answersIn(text: string): readonly string[] {
  const status = /status: ([A-Z]+)/.exec(text)?.[1] ?? '';
  const records = text.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
  const plain = records.map((line) => line.split(/\s+/));
  return [
    status,
    ...plain.map(([name = '', , , type = '', ...data]) =>
      [name, type, ...(type === 'RRSIG' ? data.slice(0, 3) : data)].join(' '),
    ),
  ].toSorted();
}

test('a validating resolver leads to edges, by the host and by a CNAME of a publisher’s', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'media-unbound-'));
  const owner = await startOwner(devnet.host);
  // An address of its own, since it takes no port by asking for 0.
  const resolver = `127.${randomInt(64, 128)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  const port = randomInt(5_400, 9_000);
  const config = [
    'server:',
    ` interface: ${resolver}`,
    ` port: ${port}`,
    ' username: ""',
    ' chroot: ""',
    ` directory: "${dir}"`,
    ` pidfile: "${join(dir, 'pid')}"`,
    ' do-daemonize: no',
    ' use-syslog: no',
    ' do-not-query-localhost: no',
    ' local-zone: "localhost." nodefault',
    ' domain-insecure: "shop.example"',
    ...(await anchorLines()).map((line) => ` trust-anchor: "${line}"`),
    'remote-control:',
    ' control-enable: no',
    'stub-zone:',
    ' name: medianet.localhost',
    ...[0, 1, 2].map((guard) => ` stub-addr: ${serverOf(guard).host}@${serverOf(guard).port}`),
    'stub-zone:',
    ' name: shop.example',
    ` stub-addr: 127.0.0.1@${owner.port}`,
  ];
  await writeFile(join(dir, 'unbound.conf'), `${config.join('\n')}\n`);
  const unbound = spawn('unbound', ['-d', '-c', join(dir, 'unbound.conf')], { stdio: 'ignore' });
  const closed = once(unbound, 'close');
  const ask = async (...args: string[]): Promise<string> =>
    (
      await run('dig', [`@${resolver}`, '-p', String(port), '+time=5', '+tries=4', ...args]).catch(() => ({
        stdout: '',
      }))
    ).stdout;
  try {
    const edges = [0, 1, 2].map(edgeHost);
    const found = await until('the resolver answers', 60_000, async () => {
      const answer = await ask('+dnssec', devnet.host, 'A');
      return answer.includes('ANSWER:') ? answer : undefined;
    });
    expect(found).toMatch(/status: NOERROR/);
    expect(found).toMatch(/flags: [a-z ]*\bad\b/);
    expect(edges).toContain(/^[^;].*\sIN\s+A\s+(\S+)$/m.exec(found)?.[1]);
    // RFC 9824: a denial is no data, validated, to who does not know its NXNAME.
    for (const [name, type] of [
      ['nobody.medianet.localhost', 'A'],
      [devnet.host, 'AAAA'],
    ] as const) {
      const denied = await ask('+dnssec', name, type);
      expect(denied).toMatch(/status: (?:NOERROR|NXDOMAIN)[^]*flags: [a-z ]*\bad\b[^]*ANSWER: 0/);
    }
    const own = await ask('www.shop.example', 'A');
    expect(own).toMatch(new RegExp(`www\\.shop\\.example\\.\\s+\\d+\\s+IN\\s+CNAME\\s+${devnet.host}\\.`));
    expect(edges).toContain(/^[^;].*\sIN\s+A\s+(\S+)$/m.exec(own)?.[1]);
  } finally {
    unbound.kill('SIGTERM');
    await closed;
    await owner.close();
    await rm(dir, { recursive: true, force: true });
  }
});

test('a guard hands its signed zone to who has the key, and tells of it', async () => {
  const zone = 'medianet.localhost';
  const records = await until('the zone has the site', 120_000, async () => {
    const out = await dig(0, zone, 'AXFR', '-y', TRANSFER_KEY, '+noall', '+answer');
    return out.includes(`${devnet.host}.`) ? out : undefined;
  });
  for (const expected of [
    new RegExp(`^${devnet.host}\\.\\s+60\\s+IN\\s+A\\s+127\\.0\\.0\\.\\d$`, 'm'),
    new RegExp(`^${devnet.host}\\.\\s+\\d+\\s+IN\\s+NSEC\\s`, 'm'),
    new RegExp(`^${devnet.host}\\.\\s+60\\s+IN\\s+RRSIG\\s+A 13 3 60`, 'm'),
    /^medianet\.localhost\.\s+\d+\s+IN\s+DNSKEY\s+257 3 13/m,
  ])
    expect(records).toMatch(expected);
  // Another guard has no key for it, and without one nobody gets it.
  for (const refused of [
    await dig(0, zone, 'AXFR').catch((error: unknown) => String(error)),
    await dig(1, zone, 'AXFR', '-y', TRANSFER_KEY).catch((error: unknown) => String(error)),
  ])
    expect(refused).not.toContain(devnet.host);
  // RFC 1996: opcode 4, a question for the SOA; and a signature behind it.
  const [first] = await until('the copy is told', 60_000, async () => (told.length > 0 ? told : undefined));
  const notified = first ?? Buffer.alloc(12);
  expect(notified.readUInt16BE(2) & 0xf800).toBe(0x2000);
  expect(packet.decode(notified).questions).toMatchObject([{ name: zone, type: 'SOA' }]);
  expect(notified.readUInt16BE(10)).toBe(1);
});

test('who has no resolver for the zone is told edges by HTTP, and sent to one', async () => {
  const guard = present(devnet.guards[0], 'guard');
  const answer = await fetch(`${guard.url}/v1/edges?resource=${devnet.resource}`);
  const told = (await answer.json()) as { host: string; edges: { url: string }[] };
  expect(told.host).toBe(devnet.host);
  expect(new Set(told.edges.map(({ url }) => url))).toEqual(new Set(devnet.edges.map(({ urls }) => urls[0])));
  const at = new URL(guard.url);
  // The name is at every edge here.
  const connects = [at.host, ...told.edges.map(({ url }) => new URL(url).host)].flatMap((host) => [
    '--connect-to',
    `${devnet.host}:${host === at.host ? 80 : new URL(`http://${host}`).port}:${host}`,
  ]);
  const says = '%{num_redirects} %{http_code} %{url_effective}';
  const { stdout } = await run(
    'curl',
    ['-sS', '--max-time', '60', '-L', '-o', '/dev/null', '-w', says].concat(
      connects,
      `http://${devnet.host}/?q=1`,
    ),
  );
  expect(stdout).toMatch(new RegExp(`^1 200 http://${devnet.host}:\\d+/\\?q=1$`));
});

test('a page measures edges by the script of a guard, which takes what it says', async () => {
  const { url } = present(devnet.guards[0], 'guard');
  const script = await (await fetch(`${url}/v1/beacon.js`)).text();
  const kept = new Map<string, string>();
  const page = (): Promise<{ readonly status: number; readonly body: string }> =>
    new Promise((resolve) => {
      runInNewContext(script, {
        document: {
          currentScript: { src: `${url}/v1/beacon.js`, dataset: { resource: devnet.host } },
          readyState: 'complete',
        },
        sessionStorage: {
          getItem: (key: string) => kept.get(key) ?? null,
          setItem: (key: string, value: string) => kept.set(key, value),
        },
        async fetch(target: string, init: RequestInit = {}) {
          const answer = await fetch(target, init);
          if (init.method === 'POST')
            resolve({ status: answer.status, body: typeof init.body === 'string' ? init.body : '' });
          return answer;
        },
        performance,
        AbortSignal,
        URL,
      });
    });
  const { status, body } = await page();
  expect(status).toBe(204);
  const { samples } = JSON.parse(body) as { samples: { edge: string; ms: number }[] };
  expect(samples).toHaveLength(3);
  expect(samples.every(({ ms }) => ms > 0)).toBe(true);
  const known = await fetch(`${url}/v1/edges?resource=${devnet.host}`);
  const { edges } = (await known.json()) as { edges: { edge: string }[] };
  expect(samples.map(({ edge }) => edge).toSorted()).toEqual(edges.map(({ edge }) => edge).toSorted());
  // What is no measurement, or of what is no edge, is said to be none.
  for (const wrong of ['{}', '{"samples":[{"edge":"nobody","ms":1}]}'])
    expect((await fetch(`${url}/v1/rtt`, { method: 'POST', body: wrong })).status).toBe(400);
  // The guard tells others what it has of each window, and nothing of one that it does not have.
  const held = await until('a window has passed', 60_000, async () => {
    const window = Math.floor(Date.now() / 20_000) - 1;
    const answer = await fetch(`${url}/v1/steer-view?window=${window}`);
    return answer.status === 200 ? answer.arrayBuffer() : undefined;
  });
  expect(decodeSteerView(new Uint8Array(held))?.loads).toHaveLength(3);
  // Each edge has taken the time of the page by its own clock; guards pass on what it signed.
  const told = await until('a guard passes on what edges measured', 90_000, async () => {
    const window = Math.floor(Date.now() / 20_000) - 1;
    for (let back = 0; back < 6; back += 1) {
      const answer = await fetch(`${url}/v1/steer-view?window=${window - back}`);
      const view =
        answer.status === 200 ? decodeSteerView(new Uint8Array(await answer.arrayBuffer())) : undefined;
      if (view !== undefined && view.told.length > 0) return view;
    }
    return undefined;
  });
  expect(told.told.every(({ family, prefix }) => family === 4 && prefix.join('.') === '127.0.0.0.0.0')).toBe(
    true,
  );
  expect(samples.map(({ edge }) => edge)).toEqual(
    expect.arrayContaining(told.told.map(({ edge }) => told.loads[edge]?.edge)),
  );
  expect((await fetch(`${url}/v1/steer-view?window=1`)).status).toBe(404);
});
