import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createAsker } from './ask-known.ts';
import type { AskOptions, Told } from './ask-known.ts';
import { knownBody, knownTag } from './known-body.ts';

let stop: (() => Promise<void>) | undefined;
afterEach(() => stop?.());

/** What is told of a server that answers in this way. */
async function told(
  options: AskOptions,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Told> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const asker = createAsker(
    { name: 'test', pid: 0, httpPort: port, httpsPort: 0, hostHeader: 'x', stop: () => Promise.resolve() },
    'http',
  );
  stop = () =>
    new Promise((resolve) => {
      asker.close();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return asker.ask(options);
}

const PATH = '/keep/5000/a';
const get = { method: 'GET', path: PATH } as const;
const whole = knownBody(PATH, 0, 5_000);

it('an answer as the origin has it is right, and from the cache where it says so', async () => {
  const found = await told(get, (_, response) => {
    response.writeHead(200, { 'Content-Length': 5_000, 'Cache-Status': 'media; hit; ttl=5' }).end(whole);
  });
  expect(found).toMatchObject({ kind: 'right', hit: true, bytes: 5_000 });
  if (found.kind === 'right') expect(found.rawBytes).toBeGreaterThan(5_000);
});

const flipped = Buffer.from(whole);
flipped[4_999] = (flipped[4_999] ?? 0) ^ 1;

it.each([
  ['the body of another path', knownBody('/keep/5000/b', 0, 5_000), 'byte 0 is not right'],
  ['one flipped bit at the end', flipped, 'byte 4999 is not right'],
  ['a body moved by a byte', knownBody(PATH, 1, 5_001), 'byte 0 is not right'],
  ['the end missing', whole.subarray(0, 4_999), 'ended in order after 4999 bytes'],
])('%s is wrong', async (_name, body, why) => {
  // Without a length: cut by HTTP it would be cut, and nobody takes that for whole.
  const found = await told(get, (_, response) => response.writeHead(200).end(body));
  expect(found).toEqual({ kind: 'wrong', why: `GET ${PATH} 200: ${why}` });
});

const cut = (body: Buffer) => (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'Content-Length': 5_000 });
  response.write(body.subarray(0, 3_000), () => response.destroy());
};

it('what is cut is cut, unless what came of it is not right', async () => {
  expect(await told(get, cut(whole))).toEqual({ kind: 'cut' });
  await stop?.();
  const found = await told(get, cut(knownBody('/keep/5000/b', 0, 5_000)));
  expect(found).toMatchObject({ kind: 'wrong' });
});

it.each([
  [
    { ...get, headers: { range: 'bytes=10-19' } },
    206,
    { 'Content-Range': 'bytes 10-19/5000' },
    10,
    20,
    'right',
  ],
  [
    { ...get, headers: { range: 'bytes=10-19' } },
    206,
    { 'Content-Range': 'bytes 10-19/5000' },
    11,
    21,
    'wrong',
  ],
  [
    { ...get, headers: { range: 'bytes=10-19' } },
    206,
    { 'Content-Range': 'bytes 11-20/5000' },
    11,
    21,
    'wrong',
  ],
  [get, 206, { 'Content-Range': 'bytes 10-19/5000' }, 10, 20, 'wrong'],
  [get, 200, { ETag: '"another"' }, 0, 5_000, 'wrong'],
  [get, 404, {}, 0, 0, 'wrong'],
  [get, 503, {}, 0, 0, 'refused'],
  [get, 304, {}, 0, 0, 'wrong'],
  [{ ...get, headers: { 'if-none-match': knownTag(PATH) } }, 304, {}, 0, 0, 'right'],
  [{ ...get, headers: { 'if-none-match': '"another"' } }, 304, {}, 0, 0, 'wrong'],
] as const)('%j answered %d %j', async (options, status, headers, start, end, kind) => {
  const found = await told(options, (_, response) => {
    response.writeHead(status, headers).end(knownBody(PATH, start, end));
  });
  expect(found.kind).toBe(kind);
});

it('an upload is right when its hash comes back', async () => {
  const upload = { method: 'POST', path: '/post/0/x', upload: Buffer.from('bytes') } as const;
  const found = await told(
    upload,
    (request, response) => void request.resume().on('end', () => response.end('no')),
  );
  expect(found).toMatchObject({ kind: 'wrong' });
});
