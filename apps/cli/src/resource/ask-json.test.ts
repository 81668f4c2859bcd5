import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { askJson } from './ask-json.ts';

const CHUNK = Buffer.alloc(65_536, ' ');
let sent = 0;
const server = createServer((request, response) => {
  if (request.url === '/good') response.end('{"a":1}');
  else if (request.url === '/bad') response.end('{');
  else if (request.url === '/error') response.writeHead(500).end('{}');
  else {
    const write = (): void => {
      while (!response.destroyed && response.write(CHUNK)) sent += CHUNK.length;
      response.once('drain', write);
    };
    write();
  }
});
let base = '';

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('gives the fields of an answer, and nothing of one that is none', async () => {
  expect(await askJson(base, '/good')).toEqual(new Map([['a', 1]]));
  expect(await askJson(base, '/bad')).toBeUndefined();
  expect(await askJson(base, '/error')).toBeUndefined();
});

it('stops listening to a node that sends without end', async () => {
  expect(await askJson(base, '/endless')).toBeUndefined();
  expect(sent).toBeLessThan(64 * 1_024 * 1_024);
});
