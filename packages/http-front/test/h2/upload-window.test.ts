import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { defaultHttp2Limits } from '../../src/index.ts';
import type { Answer, ParsedRequest } from '../../src/index.ts';
import { startHttp2, text } from './test-http2.ts';
import type { TestHttp2 } from './test-http2.ts';

const BODY = Buffer.alloc(100_000, 'upload ');
/** Together several times what the connection's window lets be under way. */
const UPLOADS = 60;

let server: TestHttp2 | undefined;
let client: ClientHttp2Session | undefined;
afterEach(async () => {
  client?.destroy();
  await server?.close();
  client = undefined;
  server = undefined;
});

/** Resolves when the exchange is over, however it went. `leaveAfter`: go away when so many bytes are written. */
async function upload(session: ClientHttp2Session, leaveAfter?: number): Promise<number | undefined> {
  const stream = session.request(
    { ':authority': 'a.localhost', ':path': '/', ':method': 'POST' },
    { endStream: false },
  );
  let status: number | undefined;
  stream.on('response', (headers) => (status = headers[':status']));
  stream.on('error', () => undefined);
  stream.resume();
  const closed = once(stream, 'close');
  if (leaveAfter === undefined) stream.end(BODY);
  else stream.write(BODY.subarray(0, leaveAfter), () => stream.close(constants.NGHTTP2_CANCEL));
  await closed;
  return status;
}

async function whole({ body }: ParsedRequest): Promise<Answer<string>> {
  const all = await buffer(body);
  return text(String(all.equals(BODY)));
}

/** In small pieces, and slower than they come. */
async function slowly({ body }: ParsedRequest): Promise<Answer<string>> {
  let bytes = 0;
  for await (const piece of body) {
    bytes += (piece as Buffer).length; // no encoding is set
    await new Promise((resolve) => setImmediate(resolve));
  }
  return text(String(bytes));
}

async function begun({ body }: ParsedRequest): Promise<Answer<string>> {
  await once(body, 'readable');
  body.read(1);
  return text('enough');
}

test.each<[string, (request: ParsedRequest) => Promise<Answer<string>>, number | undefined]>([
  ['read whole', whole, undefined],
  ['read slowly', slowly, undefined],
  ['read in part', begun, undefined],
  ['not read', () => Promise.resolve(text('no thanks')), undefined],
  [
    'not read until the answer has begun',
    (request) =>
      Promise.resolve({ ...text(''), contentLength: undefined, body: Readable.from(lateAnswer(request)) }),
    undefined,
  ],
  ['given up by who sends, read by who answers', whole, 70_000],
  ['given up by who sends, not read', () => new Promise(() => undefined), 70_000],
])('uploads that are %s leave the connection its window', async (_, answer, leaveAfter) => {
  server = await startHttp2({ answer, http2: { maxHandedOver: 10_000 } });
  const session = connect(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false });
  client = session;
  session.on('error', () => undefined);
  for (let i = 0; i < UPLOADS; i += 4) {
    const four = await Promise.all([1, 2, 3, 4].map(() => upload(session, leaveAfter)));
    if (leaveAfter === undefined) expect(four).toEqual([200, 200, 200, 200]);
  }
  // What was credited last may be on its way, and what is less than a part is not announced.
  await expect
    .poll(() => session.state.remoteWindowSize ?? 0)
    .toBeGreaterThan(defaultHttp2Limits.connectionWindowBytes - 65_536);
});

async function* lateAnswer({ body }: ParsedRequest): AsyncGenerator<Buffer> {
  yield Buffer.from('so far ');
  yield await buffer(body);
}
