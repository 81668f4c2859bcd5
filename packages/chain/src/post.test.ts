import http from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createNodePost } from './post-node.ts';
import { postByFetch } from './post.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const at = server.address();
  return `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}/`;
}

async function bodyOf(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

/** The system's code, wherever a way of sending puts it. */
function codeOf(error: unknown): unknown {
  for (let each = error; each instanceof Error; each = each.cause) if ('code' in each) return each.code;
  return undefined;
}

describe.each([
  ['by fetch', postByFetch],
  ['of daemons', createNodePost()],
])('a POST %s', (_, post) => {
  it('sends JSON and gives the whole answer, unpacked', async () => {
    const url = await listen((request, response) => {
      const answer = async (): Promise<void> => {
        const body = await bodyOf(request);
        const said = JSON.stringify({ body, type: request.headers['content-type'], method: request.method });
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(said));
      };
      void answer();
    });
    const { status, text } = await post(url, '{"a":"ü"}', undefined);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      body: '{"a":"ü"}',
      type: 'application/json; charset=utf-8',
      method: 'POST',
    });
  });

  it('tells a status and how long to wait', async () => {
    const url = await listen((_request, response) => {
      response.writeHead(429, { 'retry-after': '7' }).end('slow down');
    });
    expect(await post(url, '{}', undefined)).toEqual({
      status: 429,
      statusText: 'Too Many Requests',
      retryAfter: '7',
      text: 'slow down',
    });
  });

  it('goes where it is sent on to, with what it sends', async () => {
    const there = await listen((request, response) => {
      void bodyOf(request).then((body) => response.end(body));
    });
    const here = await listen((_request, response) => {
      response.writeHead(308, { location: there }).end();
    });
    const { status, text } = await post(here, '{"b":2}', undefined);
    expect([status, text]).toEqual([200, '{"b":2}']);
  });

  it('rejects with the reason of its signal, before an answer and within one', async () => {
    for (const head of [false, true]) {
      const stop = new AbortController();
      const url = await listen((_request, response) => {
        if (head) response.writeHead(200).write('{"half"');
        setImmediate(() => stop.abort(new DOMException('enough', 'TimeoutError')));
      });
      await expect(post(url, '{}', stop.signal)).rejects.toMatchObject({ name: 'TimeoutError' });
    }
  });

  it('rejects with the system code where nobody listens', async () => {
    const url = await listen(() => undefined);
    await closing.pop()?.();
    const error: unknown = await post(url, '{}', undefined).catch((cause: unknown) => cause);
    expect(codeOf(error)).toBe('ECONNREFUSED');
  });

  it('rejects where an answer breaks off', async () => {
    const url = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"half"', () => response.destroy());
    });
    await expect(post(url, '{}', undefined)).rejects.toThrow();
  });
});
