import { once } from 'node:events';
import { connect } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startTestFront } from './test-front.ts';

const HOST = 'Host: a.example\r\n';

interface Sent {
  readonly text: string;
  readonly answer: string;
}

const chunkedBody = fc.array(
  fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom('a', '\r', '\n', '0', 'G') }),
  { maxLength: 4 },
);
const request: fc.Arbitrary<Sent> = fc.oneof(
  fc.constant({ text: `GET /hit HTTP/1.1\r\n${HOST}\r\n`, answer: '[hit]' }),
  fc.constant({ text: `HEAD /hit HTTP/1.1\r\n${HOST}\r\n`, answer: '' }),
  fc.nat(999).map((n) => ({ text: `GET /miss${n} HTTP/1.1\r\n${HOST}\r\n`, answer: `[/miss${n} 0]` })),
  fc.constant({ text: `GET /hit HTTP/1.1\r\n${HOST}Range: bytes=0-1\r\n\r\n`, answer: '[/hit 0]' }),
  fc.nat(3_000).map((n) => ({
    text: `PUT /put HTTP/1.1\r\n${HOST}Content-Length: ${n}\r\n\r\n${'GET / '.repeat(n).slice(0, n)}`,
    answer: `[/put ${n}]`,
  })),
  chunkedBody.map((chunks) => ({
    text: `POST /post HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunks.map((c) => `${c.length.toString(16)}\r\n${c}\r\n`).join('')}0\r\n\r\n`,
    answer: `[/post ${chunks.join('').length}]`,
  })),
);

describe('a connection as a whole', () => {
  test('any mixture, cut anywhere, is answered in order and accounted to the byte', async () => {
    const server = await startTestFront({
      hits: { '/hit': Buffer.from('[hit]') },
      slow: async (incoming, response) => {
        let size = 0;
        incoming.body.on('data', (chunk: Buffer) => (size += chunk.length));
        await once(incoming.body, 'end');
        const body = `[${incoming.target} ${size}]`;
        response.writeHead(200, { 'Content-Length': body.length }).end(body);
      },
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        async (sent, cuts) => {
          server.written.clear();
          const bytes = Buffer.from(
            `${sent.map((one) => one.text).join('')}GET /hit HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
            'latin1',
          );
          const socket = connect(server.port, '127.0.0.1');
          socket.setNoDelay(true);
          const received: Buffer[] = [];
          socket.on('data', (chunk: Buffer) => received.push(chunk));
          const closed = once(socket, 'close');
          const points = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
          let from = 0;
          for (const to of [...points, bytes.length]) {
            await new Promise<void>((resolve) =>
              socket.write(bytes.subarray(from, to), () => setImmediate(resolve)),
            );
            from = to;
          }
          await closed;
          const all = Buffer.concat(received);
          const text = all.toString('latin1');
          expect(text.match(/\[[^\]]*\]/g)?.join('')).toBe(`${sent.map((one) => one.answer).join('')}[hit]`);
          expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(sent.length + 1);
          expect(server.total()).toBe(all.length);
        },
      ),
      { numRuns: 150 },
    );
    expect(server.front.stats.refused).toBe(0);
    await server.front.close({ graceMs: 0 });
  });
});
