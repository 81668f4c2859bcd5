import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '@media-network/runtime';
import { silentLog } from '@media-network/runtime';
import { afterEach, expect, it } from 'vitest';
import { createEdge, parseEdgeConfig } from '../src/index.ts';
import type { Edge } from '../src/index.ts';
import { startFakeGuard } from './fake-guard.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork } from './network.ts';
import { exchangeRaw, ok, parseResponse } from './raw-http.ts';

let network: TestNetwork | undefined;
afterEach(async () => {
  await network?.close();
  network = undefined;
});

const CACHED = { 'Cache-Control': 'max-age=60' };

it('serves HTTPS from the same store, as objects of their own, and counts plaintext', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'media-tls-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      '/CN=x',
    ],
    { stdio: 'ignore' },
  );
  network = await startTestNetwork({ config: { tlsCert: cert, tlsKey: key, httpsPort: 0 } });
  const resource = await network.addResource();
  network.origin.on('/s', ok('secure', CACHED));
  const plain = await resource.get('/s');
  const { httpsPort } = network.edge;
  const secure = (): Promise<string> =>
    new Promise<string>((resolve, reject) => {
      httpsRequest(
        {
          host: '127.0.0.1',
          ...(httpsPort === undefined ? {} : { port: httpsPort }),
          path: '/s',
          headers: { Host: resource.host },
          ca: [],
          rejectUnauthorized: false,
          agent: false,
        },
        (response) => {
          let text = '';
          response.on('data', (part: Buffer) => {
            text += part.toString();
          });
          response.on('end', () => resolve(`${String(response.headers['cache-status'])} ${text}`));
        },
      )
        .on('error', reject)
        .end();
    });
  // RFC 9110 §4.2.2: http and https are two resources, whatever the origin makes of it.
  expect(await secure()).toMatch(/^medianet; fwd=miss.* secure$/);
  expect(await secure()).toMatch(/^medianet; hit.* secure$/);
  expect(network.edge.urls).toHaveLength(2);
  const counted = await network.counter(resource.address);
  expect(counted).toBeGreaterThan(plain.bytes * 2.5);
  expect(counted).toBeLessThan(plain.bytes * 3.5);
  await rm(dir, { recursive: true });
});

it('breaks a loop of resources that are each other’s origin', async () => {
  network = await startTestNetwork();
  const url = network.edge.urls[0] ?? '';
  const resource = await network.addResource({ origin: url });
  const looped = await network.addResource({ origin: url, originHost: resource.host });
  const blob = await network.guard.encrypt({ origin: url, originHost: looped.host }, resource.address, 2);
  network.guard.know(resource.address, blob);
  network.chain.setSettings(resource.address, blob);
  // A GET would wait for itself in the collapser until its lock times out.
  const response = await looped.get('/x', { method: 'POST', body: 'x' });
  expect(response.status).toBe(508);
  expect(response.headers['via']?.split('medianet').length).toBeGreaterThan(2);
});

it('serves from disk after a restart, with its books where they were', async () => {
  network = await startTestNetwork();
  const resource = await network.addResource();
  network.origin.on('/kept', ok('k'.repeat(5_000), CACHED));
  let bytes = (await resource.get('/kept')).bytes;
  await network.restart();
  const again = await resource.get('/kept');
  bytes += again.bytes;
  expect(again.headers['cache-status']).toMatch(/; hit/);
  expect(network.origin.count('/kept')).toBe(1);
  expect(await network.counter(resource.address)).toBe(bytes);
});

it('asks other guards when one fails, and remembers a refusal for a moment only', async () => {
  network = await startTestNetwork();
  const { chain, guard, operator } = network;
  const dead = await startFakeGuard(8, () => operator.address);
  await dead.close();
  const refusing = await startFakeGuard(9, () => operator.address);
  refusing.refuseWith = 403;
  chain.guardList = [
    { no: 8, operator: dead.operator, endpoint: dead.url },
    { no: 9, operator: refusing.operator, endpoint: refusing.url },
    { no: 7, operator: guard.operator, endpoint: guard.url },
  ];
  network.origin.on('/', ok('x', CACHED));
  for (let i = 0; i < 4; i += 1) {
    const resource = await network.addResource();
    expect((await resource.get('/')).status).toBe(200);
    expect((await resource.get('/')).status).toBe(200);
  }
  expect(guard.keyRequests).toBe(4);
  await refusing.close();
});

it('logs one line a request with phase and outcome, and never the viewer', async () => {
  const lines: Record<string, unknown>[] = [];
  const log: Log = {
    ...silentLog,
    info: (fields, message) => void (message === 'request' && lines.push({ ...fields })),
    child: () => log,
  };
  network = await startTestNetwork({ config: { accessLog: true }, overrides: { log } });
  const resource = await network.addResource();
  network.origin.on('/l', ok('logged', CACHED));
  await resource.get('/l');
  await resource.get('/l');
  await resource.get('/l', { headers: { Range: 'bytes=0-1' } });
  await expect.poll(() => lines.length).toBe(3);
  expect(lines.map((line) => line['outcome'])).toEqual(['miss', 'hit', 'hit']);
  expect(lines[0]).toMatchObject({
    host: resource.host,
    method: 'GET',
    target: '/l',
    status: 200,
    phase: 'deliver',
  });
  expect(JSON.stringify(lines)).not.toMatch(/127\.0\.0\.1/);
});

it('says in one sentence that a port or a folder is taken, and leaves nothing behind', async () => {
  network = await startTestNetwork();
  const { chain, operator, edge } = network;
  const other = await mkdtemp(join(tmpdir(), 'media-edge-'));
  const start = (flags: Record<string, unknown>): Promise<Edge> =>
    createEdge(
      parseEdgeConfig({ flags: { port: 0, controlPort: 0, dir: other, ...flags } }),
      { operator },
      { chain, log: silentLog },
    );
  await expect(start({ port: edge.port })).rejects.toMatchObject({ code: 'front/port-in-use' });
  await expect(start({ controlPort: Number(new URL(edge.controlUrl).port) })).rejects.toMatchObject({
    code: 'edge/port-in-use',
  });
  await writeFile(join(other, 'lock'), `${process.ppid}\n`);
  await expect(start({})).rejects.toMatchObject({ code: 'edge/folder-in-use' });
  // The lock of a process that is gone holds nobody up.
  await writeFile(join(other, 'lock'), '4194304\n');
  const started = await start({});
  await started.close();
  await rm(other, { recursive: true, force: true });
});

it('lets responses under way finish when it closes, and takes no new ones', async () => {
  network = await startTestNetwork({ config: { drainMs: 5_000 } });
  const resource = await network.addResource();
  const begun = new Promise<() => void>((resolve) => {
    network?.origin.on('/d', (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      socket.write('d'.repeat(80_000));
      resolve(() => socket.write('d'.repeat(20_000)));
    });
  });
  const { port } = network.edge;
  const response = exchangeRaw(port, `GET /d HTTP/1.1\r\nHost: ${resource.host}\r\n\r\n`);
  const finish = await begun;
  const closed = network.edge.close();
  await expect
    .poll(
      () =>
        new Promise((resolve) =>
          connect(port, '127.0.0.1')
            .on('error', () => resolve('refused'))
            .on('connect', () => resolve('open')),
        ),
    )
    .toBe('refused');
  finish();
  const got = parseResponse(await response);
  expect(got.complete).toBe(true);
  expect(got.body.length).toBe(100_000);
  await closed;
});
