import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createManualClock } from '@media-network/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork } from './network.ts';
import { ok, parseResponse, requestText } from './raw-http.ts';
import { selfSigned } from './tls.ts';

const DAY_MS = 86_400_000;
let dir: string;
let network: TestNetwork | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-certificates-'));
});
afterEach(async () => {
  await network?.close();
  network = undefined;
  await rm(dir, { recursive: true });
});

async function start(
  config: Record<string, unknown>,
  overrides: Parameters<typeof startTestNetwork>[0] = {},
): Promise<TestNetwork> {
  network = await startTestNetwork({ ...overrides, config: { httpsPort: 0, ...config } });
  return network;
}

interface Seen {
  /** `ok`, or why a client that trusts `ca` alone would not go on. */
  readonly verdict: string;
  readonly names: string | undefined;
  readonly fingerprint: string;
  readonly protocol: string | false | null;
}

function handshake(port: number, ca: string, servername = '', protocol = 'http/1.1'): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', ca, servername, rejectUnauthorized: false };
    const socket = connect({ ...options, ALPNProtocols: [protocol] }, () => {
      const { subjectaltname, fingerprint256 } = socket.getPeerCertificate();
      resolve({
        verdict: socket.authorized ? 'ok' : String(socket.authorizationError),
        names: subjectaltname,
        fingerprint: fingerprint256,
        protocol: socket.alpnProtocol,
      });
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

function get(port: number, ca: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', servername: host, ca }, () =>
      socket.write(requestText(host, '/')),
    );
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', reject);
    socket.on('close', () => {
      const { status, body } = parseResponse(Buffer.concat(parts));
      resolve(`${status} ${body.toString()}`);
    });
  });
}

function fingerprint(path: string): string {
  const said = execFileSync('openssl', ['x509', '-in', path, '-noout', '-fingerprint', '-sha256'], {
    encoding: 'utf8',
  });
  return said.trim().split('=')[1] ?? '';
}

describe.each([1, 2])('an edge of %d processes', (workers) => {
  it('serves the zone, own local names and loopback over HTTPS to whoever trusts its authority', async () => {
    const localAuthority = join(dir, 'authority');
    const running = await start({ workers, localAuthority });
    const { edge, origin } = running;
    origin.on('/', (socket, { headers }) =>
      ok(`for ${headers['x-forwarded-host']}`, { 'Cache-Control': 'max-age=99' })(socket),
    );
    const resource = await running.addResource({ domains: ['my-site.localhost'] });
    const port = edge.httpsPort ?? 0;
    const ca = await readFile(join(localAuthority, 'root.pem'), 'utf8');
    expect((await stat(join(localAuthority, 'authority.pem'))).mode & 0o777).toBe(0o600);
    // A miss, and a hit.
    for (let i = 0; i < 2; i += 1)
      for (const host of [resource.host, 'my-site.localhost'])
        expect(await get(port, ca, host)).toBe(`200 for ${host}`);
    for (const protocol of ['h2', 'http/1.1'])
      for (const name of [resource.host, 'localhost', 'medianet.localhost', 'my-site.localhost'])
        expect(await handshake(port, ca, name, protocol)).toMatchObject({ verdict: 'ok', protocol });
    expect((await handshake(port, ca)).verdict).toBe('ok');
    // Nobody's: what there is for all, which is not one for that name.
    for (const name of ['nobody.localhost', 'x.my-site.localhost', 'shop.example', 'a'.repeat(60)])
      expect((await handshake(port, ca, name)).verdict).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('serves the operator’s own certificate, and the next one from the moment that it is there', async () => {
    const [first, second] = [await selfSigned(), await selfSigned()];
    const [tlsCert, tlsKey] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
    const put = async (pair: { readonly cert: string; readonly key: string }): Promise<void> => {
      await copyFile(pair.key, tlsKey);
      await copyFile(pair.cert, tlsCert);
    };
    await put(first);
    const { edge } = await start({ workers, tlsCert, tlsKey });
    const look = edge.tasks.find(({ name }) => name === 'certificates');
    const served = async (): Promise<string> => (await handshake(edge.httpsPort ?? 0, '', 'x')).fingerprint;
    expect(await served()).toBe(fingerprint(first.cert));
    // Half of it is there: no certificate for this key.
    await copyFile(second.key, tlsKey);
    await look?.runNow();
    expect(await served()).toBe(fingerprint(first.cert));
    await put(second);
    await look?.runNow();
    await expect.poll(served).toBe(fingerprint(second.cert));
  });
});

describe('a local authority', () => {
  it('signs anew long before a certificate ends, with the same root after a restart', async () => {
    const clock = createManualClock(Date.now());
    const localAuthority = join(dir, 'authority');
    const running = await start({ localAuthority }, { overrides: { clock } });
    const { edge } = running;
    const ca = await readFile(join(localAuthority, 'root.pem'), 'utf8');
    const served = async (): Promise<string> =>
      (await handshake(running.edge.httpsPort ?? 0, ca, 'localhost')).fingerprint;
    const look = edge.tasks.find(({ name }) => name === 'certificates');
    const first = await served();
    clock.advance(3 * DAY_MS);
    await look?.runNow();
    expect(await served()).toBe(first);
    clock.advance(DAY_MS);
    await look?.runNow();
    const second = await served();
    expect(second).not.toBe(first);
    await running.restart();
    expect(await served()).not.toBe(second);
    expect((await handshake(running.edge.httpsPort ?? 0, ca, 'localhost')).verdict).toBe('ok');
  });

  it('stands behind the operator’s own certificate', async () => {
    const own = await selfSigned();
    const localAuthority = join(dir, 'authority');
    const { edge } = await start({ localAuthority, tlsCert: own.cert, tlsKey: own.key });
    const ca = await readFile(join(localAuthority, 'root.pem'), 'utf8');
    const port = edge.httpsPort ?? 0;
    expect(await handshake(port, ca, 'localhost')).toMatchObject({ verdict: 'ok' });
    expect((await handshake(port, ca, 'shop.example')).verdict).not.toBe('ok');
    expect((await handshake(port, await readFile(own.cert, 'utf8'), 'x')).names).toBeUndefined();
  });
});
