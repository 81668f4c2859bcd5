import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressOf } from '@media-network/protocol';
import { silentLog } from '@media-network/runtime';
import { afterEach, expect } from 'vitest';
import { WebSocket } from 'ws';
import { parseExpressConfig } from '../src/config.ts';
import { createExpress } from '../src/express.ts';
import type { Express, ExpressOverrides } from '../src/express.ts';
import { testDatabase } from './databases.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Something that ends with the test. */
export const atEnd = (close: () => Promise<unknown>): void => void closing.push(close);

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // What an endpoint answers is looked at field by field.
  readonly body: Record<string, never> & { readonly error?: { readonly code: string } };
}

/** One browser: keeps its cookie, sends the origin that pages of the site have. */
export interface Visitor {
  readonly site: string;
  cookie: string | undefined;
  ask(
    method: string,
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Reply>;
}

export function visitor(site: string): Visitor {
  const self: Visitor = {
    site,
    cookie: undefined,
    async ask(method, path, body, headers = {}) {
      const response = await fetch(`${site}${path}`, {
        method,
        headers: {
          ...(method === 'GET' ? {} : { origin: site }),
          ...(self.cookie === undefined ? {} : { cookie: self.cookie }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const set = response.headers.get('set-cookie');
      if (set !== null) self.cookie = set.split(';')[0];
      const told = (await response.json()) as Reply['body'];
      return { status: response.status, headers: response.headers, body: told };
    },
  };
  return self;
}

export interface TestWallet {
  readonly address: string;
  readonly privateKey: KeyObject;
  /** In hex. */
  sign(message: string): string;
}

export function testWallet(): TestWallet {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    address: addressOf(new Uint8Array(Buffer.from(x, 'base64url'))),
    privateKey,
    sign: (message) => sign(null, Buffer.from(message), privateKey).toString('hex'),
  };
}

export interface Person extends Visitor {
  readonly wallet: TestWallet;
}

/** Somebody who has signed in with a new wallet. */
export async function person(site: string, wallet: TestWallet = testWallet()): Promise<Person> {
  const own = visitor(site);
  const begun = await own.ask('POST', '/api/sign-in/begin', { address: wallet.address });
  expect(begun.status).toBe(200);
  const { nonce, message } = begun.body as unknown as { nonce: string; message: string };
  const done = await own.ask('POST', '/api/sign-in/complete', { nonce, signature: wallet.sign(message) });
  expect(done).toMatchObject({ status: 200, body: { address: wallet.address } });
  return Object.assign(own, { wallet });
}

/** Somebody with a channel of that name, and its key. */
export async function streamer(
  site: string,
  name: string,
  wallet?: TestWallet,
): Promise<Person & { readonly key: string }> {
  const owner = await person(site, wallet);
  const made = await owner.ask('POST', '/api/channels', { name, title: `Of ${name}`, category: 'music' });
  expect(made.status).toBe(200);
  const { body } = await owner.ask('POST', `/api/channels/${name}/key`);
  return Object.assign(owner, { key: String(body['key']) });
}

export interface TestChat {
  readonly told: Record<string, unknown>[];
  readonly socket: WebSocket;
  /** Sends, and resolves with what became of it. */
  say(text: string): Promise<Record<string, unknown>>;
  /** The first event that fits, whether it came already or not. */
  next(fits: (event: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
}

/** A chat, once its history is there. */
export async function chat(who: Visitor, channel: string): Promise<TestChat> {
  const socket = new WebSocket(`${who.site.replace('http', 'ws')}/api/channels/${channel}/chat`, {
    headers: { origin: who.site, ...(who.cookie === undefined ? {} : { cookie: who.cookie }) },
  });
  atEnd(async () => socket.terminate());
  const told: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data: Buffer) => {
    told.push(...(JSON.parse(data.toString('utf8')) as Record<string, unknown>[]));
    for (const wake of waiting) wake();
    waiting.clear();
  });
  await once(socket, 'message');
  let ref = 0;
  const self: TestChat = {
    told,
    socket,
    async say(text) {
      ref += 1;
      const mine = ref;
      socket.send(JSON.stringify({ say: text, ref: mine }));
      return self.next(({ kind, ref }) => (kind === 'accepted' || kind === 'refused') && ref === mine);
    },
    async next(fits) {
      for (;;) {
        const found = told.find((each) => fits(each));
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
    },
  };
  return self;
}

export interface TestExpress {
  readonly express: Express;
  readonly site: string;
  readonly dir: string;
  readonly database: string | undefined;
}

/** A platform with nothing in it, which ends with the test. */
export async function setup(
  flags: Readonly<Record<string, string>> = {},
  overrides: ExpressOverrides = {},
): Promise<TestExpress> {
  const dir = flags['dir'] ?? (await mkdtemp(join(tmpdir(), 'media-express-')));
  if (flags['dir'] === undefined) atEnd(() => rm(dir, { recursive: true, force: true }));
  const database = flags['database'] ?? (await testDatabase(atEnd));
  const config = parseExpressConfig({
    env: {},
    flags: {
      dir,
      port: '0',
      rtmpPort: '0',
      segmentMs: '1000',
      partMs: '200',
      ladder: 'off',
      ...(database === undefined ? {} : { database }),
      ...flags,
    },
  });
  const express = await createExpress(config, { log: silentLog, ...overrides });
  atEnd(() => express.close());
  return { express, site: express.url, dir, database };
}

/** An encoder that sends in real time until it is stopped, or the test ends. */
export function encoder(url: string): ChildProcess {
  const args =
    '-hide_banner -nostdin -loglevel error -re -f lavfi -i testsrc2=size=320x180:rate=15 -re -f lavfi -i sine=frequency=330:sample_rate=44100 -c:a aac -c:v libx264 -preset ultrafast -tune zerolatency -g 15 -pix_fmt yuv420p -f flv';
  const child = spawn('ffmpeg', [...args.split(' '), url], { stdio: 'ignore' });
  const closed = once(child, 'close');
  atEnd(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  return child;
}
