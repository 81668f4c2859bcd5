import http from 'node:http';
import {
  addressOf,
  checkReceipt,
  createSessionKey,
  decodeReceipts,
  decodeWitnessPost,
  encodeToken,
  parseTokenHeader,
  signToken,
  toHex,
  verifyWitness,
} from '@media-network/protocol';
import type { SessionState, Token } from '@media-network/protocol';
import { errorCode } from '@media-network/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { exchange } from './exchange.ts';
import { openSession } from './session.ts';
import { createTokenSource } from './token-source.ts';

const RESOURCE = addressOf(new Uint8Array(32).fill(3));
const EDGE = addressOf(new Uint8Array(32).fill(4));
const CREDIT = 64 * 1_024;
const BODY = Buffer.alloc(1_000_000, 'media');

const open: http.Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
async function listen(handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler);
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
async function bodyOf(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

const voucher = await createSessionKey();
/** Whether edges say what they served. */
const edgeTells = { served: true };

interface Net {
  readonly signerUrl: string;
  readonly url: string;
  readonly sessions: Map<string, { state: SessionState; token: Token }>;
  /** The edge's hour, what the signer's clock says beyond it, and how many hours pass with each token. */
  readonly hour: { now: bigint; signerAhead: bigint; perToken: bigint };
  readonly tokens: () => number;
  readonly receipts: () => number;
  /** A code with which the edge refuses tokens or receipts, or the signer its tokens. */
  readonly refuse: { token?: string; receipt?: string; signer?: string };
}

/** A signer, and an edge that never runs more than a credit window ahead. */
async function network(): Promise<Net> {
  const hour = { now: 1n, signerAhead: 0n, perToken: 0n };
  const refuse: Net['refuse'] = {};
  let given = 0;
  const signerUrl = await listen((request, response) => {
    void (async () => {
      if (refuse.signer !== undefined) {
        response.writeHead(429).end(JSON.stringify({ code: refuse.signer, message: 'Too many.' }));
        return;
      }
      const wanted: unknown = JSON.parse((await bodyOf(request)).toString());
      const field = (name: string): unknown =>
        typeof wanted === 'object' && wanted !== null
          ? Object.entries(wanted).find(([key]) => key === name)?.[1]
          : undefined;
      const clientKey = new Uint8Array(Buffer.from(String(field('clientKey')), 'hex'));
      const asked = field('hour');
      given += 1;
      const token = await signToken(
        {
          session: crypto.getRandomValues(new Uint8Array(16)),
          resource: RESOURCE,
          clientKey,
          hour: typeof asked === 'string' ? BigInt(asked) : hour.now + hour.signerAhead,
          ceiling: 1n << 40n,
          creditWindow: CREDIT,
        },
        voucher.sign,
      );
      hour.now += hour.perToken;
      response.end(encodeToken(token));
    })();
  });
  const sessions = new Map<string, { state: SessionState; token: Token }>();
  let taken = 0;
  let wake: (() => void) | undefined;

  async function serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const token = parseTokenHeader(String(request.headers['media-token'] ?? ''));
    const code =
      refuse.token ?? (token !== undefined && token.hour === hour.now ? undefined : 'token/wrong-hour');
    if (token === undefined || code !== undefined) {
      const body = JSON.stringify({ code, message: 'Take another.' });
      response
        .writeHead(401, {
          'content-length': body.length,
          'media-error': code,
          'media-hour': String(hour.now),
        })
        .end(body);
      return;
    }
    const id = toHex(token.session);
    const { socket } = request;
    const before = sessions.get(id)?.state ?? {
      session: token.session,
      edge: EDGE,
      resource: RESOURCE,
      clientKey: token.clientKey,
      served: 0n,
      signed: 0n,
      sequence: undefined,
    };
    sessions.set(id, { state: before, token });
    const body = request.url === '/small' ? BODY.subarray(0, 10) : BODY;
    response.writeHead(200, {
      'content-length': body.length,
      ...(edgeTells.served ? { 'media-served': String(before.served) } : {}),
    });
    const step = 16 * 1_024;
    for (let at = 0; at < body.length; at += step) {
      // What the socket was given is what the meter counts; a response that is a window ahead waits for a receipt.
      for (;;) {
        const entry = sessions.get(id);
        if (entry === undefined) return;
        const state = { ...entry.state, served: before.served + BigInt(socket.bytesWritten) };
        sessions.set(id, { ...entry, state });
        if (state.served - state.signed + BigInt(step) <= BigInt(CREDIT)) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      await new Promise<void>((resolve) => {
        response.write(body.subarray(at, at + step), () => resolve());
      });
    }
    response.end();
    await new Promise((resolve) => response.once('close', resolve));
    const entry = sessions.get(id);
    if (entry !== undefined)
      sessions.set(id, {
        ...entry,
        state: { ...entry.state, served: before.served + BigInt(socket.bytesWritten) },
      });
  }

  async function receive(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    for (const receipt of decodeReceipts(await bodyOf(request)) ?? []) {
      const id = toHex(receipt.session);
      const entry = sessions.get(id);
      const state = entry === undefined ? undefined : { ...entry.state, served: 1n << 60n };
      const answer =
        refuse.receipt === undefined
          ? await checkReceipt(receipt, state)
          : { kind: 'refused', code: refuse.receipt };
      if (answer.kind === 'refused' || entry === undefined) {
        response.writeHead(409).end(JSON.stringify(answer));
        return;
      }
      sessions.set(id, {
        ...entry,
        state: { ...entry.state, signed: receipt.bytes, sequence: receipt.sequence },
      });
      taken += 1;
    }
    response.writeHead(204).end();
    wake?.();
  }

  const url = await listen((request, response) => {
    void (request.url === '/.well-known/media-network/receipts'
      ? receive(request, response)
      : serve(request, response));
  });
  return { signerUrl, url, sessions, hour, tokens: () => given, receipts: () => taken, refuse };
}

const codeOf = async (run: Promise<unknown>): Promise<readonly [string, unknown]> => {
  try {
    await run;
    return ['none', undefined];
  } catch (error) {
    const context: unknown =
      typeof error === 'object' && error !== null && 'context' in error ? error.context : {};
    return [
      errorCode(error),
      typeof context === 'object' && context !== null && 'code' in context ? context.code : undefined,
    ];
  }
};
const sessionOf = (net: Net, change: { receiptEvery?: number } = {}): ReturnType<typeof openSession> =>
  openSession({
    tokens: createTokenSource(net.signerUrl),
    resource: RESOURCE,
    url: net.url,
    edge: EDGE,
    ...change,
  });

describe('session', () => {
  it('signs while it receives, so that an edge never stops, and all of it at the end', async () => {
    const net = await network();
    const session = await sessionOf(net);
    const first = await session.get('/a');
    expect(first.bodyBytes).toBe(BODY.length);
    expect(session.signed).toBe(BigInt(first.totalBytes));
    expect(net.receipts()).toBeGreaterThan(BODY.length / CREDIT);
    const second = await session.get('/b');
    expect(session.signed).toBe(BigInt(first.totalBytes + second.totalBytes));
    expect(net.sessions.size).toBe(1);
    expect([...net.sessions.values()][0]?.state.signed).toBe(session.received);
  });

  it("signs for nothing of an edge's own error, and tells it", async () => {
    const url = await listen((request, response) => {
      const status = request.method === 'POST' ? 404 : 503;
      response.writeHead(status, { 'content-length': 2, 'media-error': 'edge/no-settings' }).end('no');
    });
    const net = await network();
    const session = await openSession({
      tokens: createTokenSource(net.signerUrl),
      resource: RESOURCE,
      url,
      edge: EDGE,
    });
    const response = await session.get('/a');
    expect([response.status, response.header('media-error')]).toEqual([503, 'edge/no-settings']);
    expect([session.received, session.signed]).toEqual([0n, 0n]);
  });

  it('takes a new token when its hour is over, and counts anew', async () => {
    const net = await network();
    const session = await sessionOf(net);
    await session.get('/a');
    net.hour.now = 2n;
    const later = await session.get('/b');
    expect(later.status).toBe(200);
    expect(session.token.hour).toBe(2n);
    expect(session.signed).toBe(BigInt(later.totalBytes));
    expect(net.sessions.size).toBe(2);
  });

  it('asks for the hour that the edge names, however far the clock of the signer is off', async () => {
    const net = await network();
    net.hour.signerAhead = 40n;
    const session = await sessionOf(net);
    expect(session.token.hour).toBe(41n);
    expect((await session.get('/small')).status).toBe(200);
    expect(session.token.hour).toBe(1n);
  });

  it('renews again where another hour passes while it does, and gives up in the end', async () => {
    const net = await network();
    const session = await sessionOf(net);
    net.hour.now = 2n;
    net.hour.perToken = 1n;
    const running = session.get('/small');
    // With each token an hour passes: a machine as slow as that gets nowhere, but ends.
    expect(await codeOf(running)).toEqual(['viewer/token-refused', 'token/wrong-hour']);
    expect(net.tokens()).toBe(9);
    net.hour.perToken = 0n;
    expect((await session.get('/small')).status).toBe(200);
  });

  it('renews once for any other reason, and tells the code of the edge', async () => {
    const net = await network();
    const session = await sessionOf(net);
    net.refuse.token = 'token/bad-signature';
    expect(await codeOf(session.get('/small'))).toEqual(['viewer/token-refused', 'token/bad-signature']);
    expect(net.tokens()).toBe(2);
    expect(session.received).toBe(0n);
  });

  it('goes on with a new token where the edge knows the session no more', async () => {
    const net = await network();
    const session = await sessionOf(net, { receiptEvery: 2 * BODY.length });
    await session.get('/small');
    net.refuse.receipt = 'receipt/unknown-session';
    await session.get('/small');
    expect(session.signed).toBeLessThan(session.received);
    delete net.refuse.receipt;
    await session.get('/small');
    expect(session.signed).toBe(session.received);
    expect(net.tokens()).toBe(2);
  });

  it('takes a session that the edge knew for over, even before the first receipt, and no other', async () => {
    const net = await network();
    net.refuse.receipt = 'receipt/unknown-session';
    const session = await sessionOf(net, { receiptEvery: 2 * BODY.length });
    expect((await session.get('/small')).status).toBe(200);
    expect(session.signed).toBe(0n);
    edgeTells.served = false;
    try {
      const stranger = await sessionOf(net, { receiptEvery: 2 * BODY.length });
      expect(await codeOf(stranger.get('/small'))).toEqual([
        'viewer/receipt-refused',
        'receipt/unknown-session',
      ]);
    } finally {
      edgeTells.served = true;
    }
  });

  it('says when receipts are refused, or no signer gives a token', async () => {
    const net = await network();
    const session = await sessionOf(net, { receiptEvery: 2 * BODY.length });
    net.refuse.receipt = 'receipt/replayed';
    expect(await codeOf(session.get('/small'))).toEqual(['viewer/receipt-refused', 'receipt/replayed']);
    expect(session.signed).toBe(0n);
    net.refuse.signer = 'vouch/too-many';
    expect(await codeOf(sessionOf(net))).toEqual(['viewer/no-token', 'vouch/too-many']);
  });

  it('tells a guard what bytes it got, signed by its own key', async () => {
    const net = await network();
    const posts: Buffer[] = [];
    const refuse = { all: false };
    const guardUrl = await listen((request, response) => {
      void (async () => {
        posts.push(await bodyOf(request));
        response
          .writeHead(refuse.all ? 403 : 204)
          .end(refuse.all ? JSON.stringify({ code: 'witness/wrong-hour', message: 'Late.' }) : undefined);
      })();
    });
    const session = await sessionOf(net);
    const answer = await session.get('/small');
    await session.witness(guardUrl, '/small', answer);
    const post = decodeWitnessPost(posts[0] ?? new Uint8Array());
    if (post === undefined) throw new Error('no statement');
    expect(await verifyWitness(post.token, post.witness, addressOf(voucher.publicKey))).toBe(true);
    expect(post.witness.size).toBe(10n);
    expect(toHex(post.witness.bodyHash)).toBe(answer.sha256);
    expect(post.witness.edge).toBe(EDGE);
    refuse.all = true;
    expect(await codeOf(session.witness(guardUrl, '/small', answer))).toEqual([
      'viewer/witness-refused',
      'witness/wrong-hour',
    ]);
  });
});

it('an exchange keeps the bodies of errors only, where asked to', async () => {
  const net = await network();
  const refused = await exchange(`${net.url}/small`, { keepBody: 'errors' });
  expect(refused.status).toBe(401);
  expect(JSON.parse(Buffer.from(refused.body).toString())).toEqual({
    code: 'token/wrong-hour',
    message: 'Take another.',
  });
  const session = await sessionOf(net);
  expect((await session.get('/small')).body).toHaveLength(0);
  expect((await session.get('/small', { keepBody: true })).body).toHaveLength(10);
});
