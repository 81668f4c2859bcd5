import { setTimeout as delay } from 'node:timers/promises';
import {
  createSessionKey,
  decodeTicket,
  encodeReceipt,
  signReceipt,
  ticketHeader,
} from '@media-network/protocol';
import type { SignBytes, Ticket } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { exchange } from './exchange.ts';
import type { ViewerRequest, ViewerResponse } from './exchange.ts';

export interface SessionOptions {
  /** Base URL of a guard. */
  readonly guardUrl: string;
  /** Address of the resource. */
  readonly resource: string;
  /** The resource's host at the edge: `http://<label>.<zone>:<port>`. */
  readonly url: string;
  /** Account of the edge; receipts name it. */
  readonly edge: string;
  /** Where the edge listens, if the URL does not lead there. */
  readonly connectTo?: { readonly host: string; readonly port: number };
  readonly ca?: string;
  /** Hour to ask a ticket for; the guard's current one by default. */
  readonly hour?: bigint;
  /** Bytes between two receipts; a quarter of the ticket's credit window by default. */
  readonly receiptEvery?: number;
}

/** A signed session with one edge for one resource. */
export interface Session {
  readonly ticket: Ticket;
  /** Status lines, headers and bodies received in the ticket's session so far, and how much of it is signed and taken. */
  readonly received: bigint;
  readonly signed: bigint;
  /** Target below the resource's host, with the ticket. Signs while receiving, and at the end. Renews the ticket when the edge asks. */
  get(
    target: string,
    request?: Omit<ViewerRequest, 'host' | 'connectTo' | 'method' | 'body'>,
  ): Promise<ViewerResponse>;
  /** Signs what is not signed yet. */
  settle(): Promise<void>;
}

/** Renewals of a ticket for one request, with a wait between them that doubles. */
const MAX_RENEWALS = 10;
const RENEW_AGAIN_MS = 50;
const MAX_RENEW_AGAIN_MS = 1_000;

/** Whether a new ticket was refused for its hour alone; another reason does not go away by asking again. */
function isOver(response: ViewerResponse): boolean {
  const code = response.header('media-error');
  return code === 'ticket/wrong-hour' || code === 'ticket/expired';
}

const RECEIPTS_PATH = '/.well-known/media-network/receipts';

/** Asks a guard for a ticket. Rejects with `viewer/no-ticket`. */
export async function requestTicket(options: SessionOptions, clientKey: Uint8Array): Promise<Ticket> {
  const body = JSON.stringify({
    resource: options.resource,
    clientKey: Buffer.from(clientKey).toString('hex'),
    ...(options.hour === undefined ? {} : { hour: options.hour.toString() }),
  });
  const response = await exchange(new URL('/v1/tickets', options.guardUrl).href, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(body),
    keepBody: true,
    maxBodyBytes: 65_536,
  });
  const ticket = response.status === 200 ? decodeTicket(response.body) : undefined;
  if (ticket !== undefined) return ticket;
  throw new MediaError({
    code: 'viewer/no-ticket',
    message: `The guard at ${options.guardUrl} gave no ticket (${response.status}).`,
    source: 'peer',
    retry: response.status >= 500 || response.status === 429,
    context: { status: response.status, answer: Buffer.from(response.body).toString('utf8').slice(0, 500) },
  });
}

interface TicketSession {
  readonly ticket: Ticket;
  readonly sign: SignBytes;
  received: bigint;
  signed: bigint;
  sequence: bigint;
}

/** Opens a session: a key, a ticket, and receipts as bytes arrive (docs/evidence.md). */
export async function openSession(options: SessionOptions): Promise<Session> {
  let current = await fresh();
  /** Receipts go out one after the other; a later one covers the earlier. */
  let posting: Promise<void> = Promise.resolve();

  async function fresh(): Promise<TicketSession> {
    const key = await createSessionKey();
    const ticket = await requestTicket(options, key.publicKey);
    return { ticket, sign: key.sign, received: 0n, signed: 0n, sequence: 0n };
  }

  async function post(session: TicketSession): Promise<void> {
    if (session.received === session.signed) return;
    const bytes = session.received;
    session.sequence += 1n;
    const receipt = await signReceipt(
      {
        session: session.ticket.session,
        edge: options.edge,
        resource: options.resource,
        bytes,
        sequence: session.sequence,
      },
      session.sign,
    );
    const response = await exchange(new URL(RECEIPTS_PATH, options.url).href, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: encodeReceipt(receipt),
      keepBody: true,
      maxBodyBytes: 65_536,
      ...connection(),
    });
    if (response.status !== 204) {
      throw new MediaError({
        code: 'viewer/receipt-refused',
        message: `The edge did not take a receipt (${response.status}).`,
        source: 'peer',
        context: {
          status: response.status,
          answer: Buffer.from(response.body).toString('utf8').slice(0, 500),
        },
      });
    }
    session.signed = bytes;
  }

  function sign(session: TicketSession): Promise<void> {
    const run = posting.then(() => post(session));
    posting = run.catch(() => undefined);
    return run;
  }

  function connection(): Pick<ViewerRequest, 'connectTo' | 'ca'> {
    return {
      ...(options.connectTo === undefined ? {} : { connectTo: options.connectTo }),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    };
  }

  async function once(
    session: TicketSession,
    target: string,
    request: ViewerRequest,
  ): Promise<ViewerResponse> {
    const every = BigInt(options.receiptEvery ?? Math.max(1, Math.floor(session.ticket.creditWindow / 4)));
    const before = session.received;
    let asked = session.signed;
    let failure: unknown;
    const response = await exchange(new URL(target, options.url).href, {
      ...request,
      ...connection(),
      headers: { ...request.headers, 'media-ticket': ticketHeader(session.ticket) },
      async onData(chunk, totalBytes) {
        session.received = before + BigInt(totalBytes);
        if (session.received - asked >= every) {
          asked = session.received;
          sign(session).catch((error: unknown) => {
            failure ??= error;
          });
        }
        await request.onData?.(chunk, totalBytes);
      },
    });
    if (response.status === 401) {
      // Refused before it became part of the session.
      session.received = before;
      return response;
    }
    session.received = before + BigInt(response.totalBytes);
    await sign(session);
    if (failure !== undefined) throw failure;
    return response;
  }

  return {
    get ticket() {
      return current.ticket;
    },
    get received() {
      return current.received;
    },
    get signed() {
      return current.signed;
    },
    async get(target, request = {}) {
      let response = await once(current, target, request);
      // A ticket is good in one hour only; the next hour needs another. However slow the machine, hours go on: a ticket
      // may be over again before it is used, and where a guard's clock is behind the edge's it is over when it comes.
      for (let renewals = 0; response.status === 401 && renewals < MAX_RENEWALS; renewals += 1) {
        if (renewals > 0) {
          if (!isOver(response)) return response;
          await delay(Math.min(RENEW_AGAIN_MS * 2 ** (renewals - 1), MAX_RENEW_AGAIN_MS));
        }
        current = await fresh();
        response = await once(current, target, request);
      }
      return response;
    },
    settle: () => sign(current),
  };
}
