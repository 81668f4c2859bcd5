import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { openLocalAuthority } from '@media-network/certificates';
import { systemClock } from '@media-network/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPlaceClient } from './origin-client.ts';
import { readOriginSettings } from './origin-settings.ts';

let dir: string;
let server: Server;
let port = 0;
let root: string;
const names: string[] = [];
const client = createPlaceClient({ timeoutMs: 5_000, allowPrivate: true });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-origin-tls-'));
  const authority = await openLocalAuthority(dir, systemClock);
  root = authority.root;
  const { cert, key } = authority.issue(['a.localhost']);
  server = createServer({ cert, key }, (request, response) => {
    const { servername } = request.socket as typeof request.socket & { servername?: string | false };
    names.push(`${String(servername)} ${request.headers.host}`);
    response.end('over TLS');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  port = typeof at === 'object' && at !== null ? at.port : 0;
});
afterAll(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(dir, { recursive: true, force: true });
});

async function asked(options: string): Promise<string> {
  const origin = `https://127.0.0.1:${port}`;
  const settings = readOriginSettings({
    origin,
    originHost: null,
    originHeaders: [],
    probe: [],
    domains: [],
    rules: [`origin ${origin}${options}`],
  });
  const [place] = settings.places;
  if (place === undefined) throw new Error('no place');
  try {
    const { body } = await client.fetch({
      settings,
      place,
      method: 'GET',
      target: '/',
      rawHeaders: [],
      viewer: { scheme: 'https', host: 'label.zone' },
    });
    for await (const _ of body);
    return names.at(-1) ?? '';
  } catch (error) {
    return String((error as { readonly code?: unknown }).code); // of whatever kind it is
  }
}

it('a certificate is always verified, under the name that is asked for', async () => {
  for (const options of ['', ' host=a.localhost', ' sni=a.localhost'])
    expect([options, await asked(options)]).toEqual([options, 'edge/origin-unreachable']);
  expect(names).toEqual([]);
  setDefaultCACertificates([...getCACertificates('default'), root]);
  expect(await asked(' sni=a.localhost')).toBe(`a.localhost 127.0.0.1:${port}`);
  expect(await asked(' host=a.localhost')).toBe('a.localhost a.localhost');
  expect(await asked(' host=www.example sni=a.localhost')).toBe('a.localhost www.example');
  const count = names.length;
  for (const options of ['', ' sni=b.localhost', ' host=b.localhost', ' host=a.localhost sni=b.localhost'])
    expect([options, await asked(options)]).toEqual([options, 'edge/origin-unreachable']);
  expect(names.length).toBe(count);
});
