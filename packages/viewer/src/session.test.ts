import http from 'node:http';
import {
  addressOf,
  checkReceipt,
  createSessionKey,
  decodeReceipts,
  encodeTicket,
  parseTicketHeader,
  signTicket,
  toHex,
} from '@media-network/protocol';
import type { SessionState, Ticket } from '@media-network/protocol';
import { errorCode } from '@media-network/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { openSession } from './session.ts';

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

/** A guard that issues tickets for hours 1, 2, 3…, and an edge that never runs more than a credit window ahead. */
async function network(): Promise<{
  guardUrl: string;
  url: string;
  sessions: Map<string, { state: SessionState; ticket: Ticket }>;
  hour: { now: bigint };
  receipts: () => number;
  refuse: { all: boolean };
  slow: { hours: number };
}> {
  const guard = await createSessionKey();
  const hour = { now: 1n };
  const refuse = { all: false };
  const slow = { hours: 0 };
  const guardUrl = await listen((request, response) => {
    void (async () => {
      const wanted: unknown = JSON.parse((await bodyOf(request)).toString());
      const key =
        typeof wanted === 'object' && wanted !== null && 'clientKey' in wanted
          ? String(wanted.clientKey)
          : '';
      const clientKey = new Uint8Array(Buffer.from(key, 'hex'));
      const session = crypto.getRandomValues(new Uint8Array(16));
      const ticket = await signTicket(
        {
          guardNo: 1,
          session,
          resource: RESOURCE,
          clientKey,
          hour: hour.now,
          creditWindow: CREDIT,
          expires: 4_000_000_000,
        },
        guard.sign,
      );
      // A machine so slow that the hour is over before the ticket is used.
      if (slow.hours > 0) {
        slow.hours -= 1;
        hour.now += 1n;
      }
      response.end(encodeTicket(ticket));
    })();
  });
  const sessions = new Map<string, { state: SessionState; ticket: Ticket }>();
  let taken = 0;
  let wake: (() => void) | undefined;

  async function serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const ticket = parseTicketHeader(String(request.headers['media-ticket'] ?? ''));
    if (ticket === undefined || ticket.hour !== hour.now) {
      response.writeHead(401, { 'content-length': 2, 'media-error': 'ticket/wrong-hour' }).end('{}');
      return;
    }
    const id = toHex(ticket.session);
    const { socket } = request;
    const before = sessions.get(id)?.state ?? {
      session: ticket.session,
      edge: EDGE,
      resource: RESOURCE,
      clientKey: ticket.clientKey,
      served: 0n,
      signed: 0n,
      sequence: undefined,
    };
    sessions.set(id, { state: before, ticket });
    const body = request.url === '/small' ? BODY.subarray(0, 10) : BODY;
    response.writeHead(200, { 'content-length': body.length });
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
      const answer = refuse.all
        ? { kind: 'refused', code: 'receipt/replayed' }
        : await checkReceipt(receipt, state);
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
  return { guardUrl, url, sessions, hour, receipts: () => taken, refuse, slow };
}

describe('session', () => {
  it('signs while it receives, so that an edge never stops, and all of it at the end', async () => {
    const net = await network();
    const session = await openSession({
      guardUrl: net.guardUrl,
      resource: RESOURCE,
      url: net.url,
      edge: EDGE,
    });
    const first = await session.get('/a');
    expect(first.bodyBytes).toBe(BODY.length);
    expect(session.signed).toBe(BigInt(first.totalBytes));
    expect(net.receipts()).toBeGreaterThan(BODY.length / CREDIT);
    const second = await session.get('/b');
    expect(session.signed).toBe(BigInt(first.totalBytes + second.totalBytes));
    expect(net.sessions.size).toBe(1);
    expect([...net.sessions.values()][0]?.state.signed).toBe(session.received);
  });

  it('takes a new ticket when its hour is over, and counts anew', async () => {
    const net = await network();
    const session = await openSession({
      guardUrl: net.guardUrl,
      resource: RESOURCE,
      url: net.url,
      edge: EDGE,
    });
    await session.get('/a');
    net.hour.now = 2n;
    const later = await session.get('/b');
    expect(later.status).toBe(200);
    expect(session.ticket.hour).toBe(2n);
    expect(session.signed).toBe(BigInt(later.totalBytes));
    expect(net.sessions.size).toBe(2);
  });

  it('renews its ticket as often as hours end before it is used', async () => {
    const net = await network();
    const session = await openSession({
      guardUrl: net.guardUrl,
      resource: RESOURCE,
      url: net.url,
      edge: EDGE,
    });
    net.hour.now += 1n;
    net.slow.hours = 3;
    const late = await session.get('/small');
    expect(late.status).toBe(200);
    expect(session.ticket.hour).toBe(5n);
    expect(session.signed).toBe(BigInt(late.totalBytes));
  });

  it('says when receipts are refused, or no guard gives a ticket', async () => {
    const net = await network();
    const session = await openSession({
      guardUrl: net.guardUrl,
      resource: RESOURCE,
      url: net.url,
      edge: EDGE,
      receiptEvery: 2 * BODY.length,
    });
    net.refuse.all = true;
    await expect(session.get('/small').catch((error: unknown) => errorCode(error))).resolves.toBe(
      'viewer/receipt-refused',
    );
    expect(session.signed).toBe(0n);
    await expect(
      openSession({ guardUrl: net.url, resource: RESOURCE, url: net.url, edge: EDGE }).catch(
        (error: unknown) => errorCode(error),
      ),
    ).resolves.toBe('viewer/no-ticket');
  });
});
