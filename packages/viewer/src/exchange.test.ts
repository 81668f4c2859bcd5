import { createHash } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { errorCode } from '@media-network/runtime';
import { exchange } from './exchange.ts';
import { createViewer } from './viewer.ts';

const open: net.Server[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(server: net.Server): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const BODY = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255));
const failure = async (run: Promise<unknown>): Promise<string> => {
  try {
    await run;
    return 'none';
  } catch (error) {
    return errorCode(error);
  }
};

describe('exchange', () => {
  it('counts exactly what the server wrote to the socket', async () => {
    let written = 0;
    const server = http.createServer((request, response) => {
      response.setHeader('x-host', request.headers.host ?? '');
      // Without a length: chunked, whose framing counts too.
      response.write(BODY.subarray(0, 100_000));
      response.end(BODY.subarray(100_000));
      const { socket } = request;
      socket.once('close', () => {
        written = socket.bytesWritten;
      });
    });
    const port = await listen(server);
    const seen: number[] = [];
    const answer = await exchange(`http://label.medianet.localhost:${port}/x`, {
      onData(chunk, total) {
        seen.push(chunk.length, total);
      },
    });
    await new Promise((resolve) => server.close(resolve));
    expect(answer.status).toBe(200);
    expect(answer.framing).toBe('chunked');
    expect(answer.header('x-host')).toBe(`label.medianet.localhost:${port}`);
    expect(answer.bodyBytes).toBe(BODY.length);
    expect(answer.sha256).toBe(createHash('sha256').update(BODY).digest('hex'));
    expect(answer.totalBytes).toBe(written);
    expect(seen.at(-1)).toBeLessThanOrEqual(answer.totalBytes);
    expect(seen.filter((_, i) => i % 2 === 0).reduce((a, b) => a + b, 0)).toBe(BODY.length);
  });

  it('asks for ranges, other hosts and other places', async () => {
    const port = await listen(
      http.createServer((request, response) => {
        response.end(
          JSON.stringify([request.headers.host, request.headers.range, request.headers['media-token']]),
        );
      }),
    );
    const viewer = createViewer();
    const answer = await viewer.get('http://a.example/', {
      connectTo: { host: '127.0.0.1', port },
      host: 'b.example',
      range: [5, 9],
      headers: { 'media-token': 'x' },
      keepBody: true,
    });
    expect(Buffer.from(answer.body).toString()).toBe('["b.example","bytes=5-9","x"]');
    expect(viewer.totalBytes).toBe(answer.totalBytes);
  });

  it('tells truncation from refusal, silence from length, and abort from all', async () => {
    const cut = await listen(
      net.createServer((socket) => socket.resume().end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')),
    );
    expect(await failure(exchange(`http://127.0.0.1:${cut}/`))).toBe('viewer/incomplete');
    const silent = await listen(net.createServer((socket) => socket.on('error', () => undefined).resume()));
    expect(await failure(exchange(`http://127.0.0.1:${silent}/`, { idleTimeoutMs: 50 }))).toBe(
      'viewer/timeout',
    );
    expect(await failure(exchange(`http://127.0.0.1:${silent}/`, { signal: AbortSignal.timeout(50) }))).toBe(
      'viewer/aborted',
    );
    const large = await listen(http.createServer((_, response) => response.end(BODY)));
    expect(await failure(exchange(`http://127.0.0.1:${large}/`, { maxBodyBytes: 1_000 }))).toBe(
      'viewer/too-large',
    );
    const gone = await listen(net.createServer());
    await new Promise((resolve) => open.pop()?.close(resolve));
    expect(await failure(exchange(`http://127.0.0.1:${gone}/`))).toBe('viewer/connect');
    expect(await failure(exchange('ftp://127.0.0.1/'))).toBe('viewer/bad-url');
    expect(await failure(exchange('nothing'))).toBe('viewer/bad-url');
    expect(await failure(exchange(`http://127.0.0.1:${large}/`, { headers: { a: 'b\r\nc: d' } }))).toBe(
      'viewer/bad-header',
    );
  });
});
