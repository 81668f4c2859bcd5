import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:http2';
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROWSER_MS, hasBrowser, launchBrowser, patient } from './harness/browser.ts';
import { selfSigned } from './harness/certificate.ts';
import { present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';
import { scratch, until } from './harness/processes.ts';

const run = promisify(execFile);

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function get(session: ClientHttp2Session, host: string, path: string): Promise<Answer> {
  const stream = session.request({ ':authority': host, ':path': path });
  const [response, body] = await Promise.all([once(stream, 'response'), buffer(stream)]);
  const [headers] = response as [IncomingHttpHeaders & { ':status'?: number }]; // the event's argument
  return { status: headers[':status'], headers, body };
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A TLS connection that keeps what came over it, so that frames can be counted. */
function counted(port: number, host: string): { duplex: Duplex; received: Buffer[] } {
  const received: Buffer[] = [];
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    servername: host,
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
  });
  const duplex = new Duplex({
    read: () => socket.resume(),
    write: (chunk: Buffer, _encoding, done) => socket.write(chunk, done),
    final: (done) => socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk);
    if (!duplex.push(chunk)) socket.pause();
  });
  socket.on('end', () => duplex.push(null));
  socket.on('error', (error) => duplex.destroy(error));
  return { duplex, received };
}

/** Bytes of HEADERS, DATA and CONTINUATION frames, their headers included. */
function framesOfAnswers(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 9 <= bytes.length;) {
    const length = 9 + bytes.readUIntBE(at, 3);
    if ([0, 1, 9].includes(bytes[at + 3] ?? -1)) sum += length;
    at += length;
  }
  return sum;
}

describe('an edge over HTTP/2', () => {
  let network: ManualNetwork;
  let folder: Awaited<ReturnType<typeof scratch>>;
  let port: number;

  beforeAll(async () => {
    folder = await scratch();
    const edgeTls = selfSigned(folder.dir);
    // Its clock stands still: nobody but the test asks the edge for anything.
    network = await startNetwork({ edges: 1, edgeTls });
    port = present(network.edges[0]?.httpsPort, 'an HTTPS port');
  });
  afterAll(async () => {
    await network?.close();
    await folder?.remove();
  });

  /** By address, which leads to the same site: names under localhost are not everybody's. */
  async function plain(path: string): Promise<Buffer> {
    const answer = await fetch(`http://127.0.0.1:${present(network.edges[0], 'an edge').port}${path}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  test('answers what it answers over HTTP/1.1, and bills every frame of it', async () => {
    const edge = present(network.edges[0], 'an edge');
    const before = edge.stats().bytes;
    const { duplex, received } = counted(port, network.host);
    const session = connect(`https://${network.host}:${port}`, { createConnection: () => duplex });
    const digests = new Set<string>();
    // Once through the slow lane, from the origin, and once through the fast one.
    for (const outcome of ['miss', 'hit']) {
      const { status, headers, body } = await get(session, network.host, '/index.html');
      expect([status, headers['cache-status']]).toEqual([200, expect.stringContaining(outcome)]);
      digests.add(digest(body));
    }
    const many = await Promise.all(
      Array.from({ length: 80 }, (_, i) =>
        get(session, network.host, i % 2 === 0 ? '/index.html' : '/style.css'),
      ),
    );
    expect(many.every(({ status }) => status === 200)).toBe(true);
    expect(await get(session, network.host, '/nothing/here')).toMatchObject({ status: 404 });
    const billed = framesOfAnswers(Buffer.concat(received));
    await until('every frame to be billed', 20_000, async () =>
      edge.stats().bytes - before === billed ? true : undefined,
    );
    session.destroy();
    expect(digests).toEqual(new Set([digest(await plain('/index.html'))]));
  });

  test('refuses over HTTP/2 what it refuses over HTTP/1.1', async () => {
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    expect((await get(session, 'unknown.example', '/')).status).toBe(404);
    expect((await get(session, network.host, '/a/../b')).status).toBe(400);
    expect((await get(session, 'a b', '/')).status).toBe(400);
    session.destroy();
  });

  test('serves curl', async () => {
    const { stdout } = await run(
      'curl',
      [
        '-sk',
        '--http2',
        '--resolve',
        `${network.host}:${port}:127.0.0.1`,
        '-w',
        '\n%{http_version} %{http_code}',
        `https://${network.host}:${port}/style.css`,
      ],
      { encoding: 'buffer' },
    );
    const text = stdout.toString();
    expect(text).toBe(`${(await plain('/style.css')).toString()}\n2 200`);
  });

  test.skipIf(!hasBrowser)('serves a browser: the page and all that it needs', async () => {
    const browser = await launchBrowser();
    try {
      const page = patient(await browser.newPage({ ignoreHTTPSErrors: true }));
      const problems: string[] = [];
      page.on('response', (response) => {
        if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
      });
      await page.goto(`https://${network.host}:${port}/watch.html`, { waitUntil: 'load' });
      await page.evaluate(`void document.querySelector('video').play()`);
      await until('playback', BROWSER_MS, async () =>
        (await page.evaluate<number>(`document.querySelector('video').currentTime`)) > 2 ? true : undefined,
      );
      // A load that the player gave up before it was answered, for a smaller one, had no protocol.
      const answered = await page.evaluate<readonly (readonly [string, string])[]>(
        `[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
          .filter((entry) => entry.name.startsWith(location.origin) && entry.nextHopProtocol !== '')
          .map((entry) => [entry.name, entry.nextHopProtocol])`,
      );
      expect(answered.length).toBeGreaterThan(3);
      expect(answered.filter(([, protocol]) => protocol !== 'h2')).toEqual([]);
      expect(problems).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
