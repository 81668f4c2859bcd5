import { createHash } from 'node:crypto';
import {
  createSessionKey,
  encodeReceipt,
  encodeWitnessPost,
  signReceipt,
  signWitness,
  tokenHeader,
} from '@media-network/protocol';
import type { SignBytes, Token } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { edgeAnswer } from './edge-answer.ts';
import { exchange } from './exchange.ts';
import type { ViewerRequest, ViewerResponse } from './exchange.ts';
import { headerValue } from './response-reader.ts';
import type { TokenSource } from './token-source.ts';

export interface SessionOptions {
  /** Where the publisher's tokens come from: `createTokenSource(signerUrl)`. */
  readonly tokens: TokenSource;
  /** Address of the resource. */
  readonly resource: string;
  /** The resource's host at the edge: `http://<label>.<zone>:<port>`. */
  readonly url: string;
  /** Account of the edge; receipts name it. */
  readonly edge: string;
  /** Where the edge listens, if the URL does not lead there. */
  readonly connectTo?: { readonly host: string; readonly port: number };
  readonly ca?: string;
  /** Bytes between two receipts; a quarter of the token's credit window by default. */
  readonly receiptEvery?: number;
}

/** A session with one edge for one resource that the publisher vouches for. */
export interface Session {
  readonly token: Token;
  /** Status lines, headers and bodies received in the token's session so far, and how much of it is signed and taken. */
  readonly received: bigint;
  readonly signed: bigint;
  /**
   * Target below the resource's host, with the token. Signs while receiving, and at the end. A token that the edge
   * refuses is renewed and the request repeated; `viewer/token-refused` with the edge's code when that does not help.
   */
  get(
    target: string,
    request?: Omit<ViewerRequest, 'host' | 'connectTo' | 'method' | 'body'>,
  ): Promise<ViewerResponse>;
  /** Signs what is not signed yet. */
  settle(): Promise<void>;
  /** Tells a guard what bytes a whole answer of this session had. Rejects with `viewer/witness-refused`. */
  witness(guardUrl: string, target: string, response: ViewerResponse): Promise<void>;
}

const RECEIPTS_PATH = '/.well-known/media-network/receipts';
/** Longest error of an edge or guard that is read. */
const MAX_ANSWER_BYTES = 65_536;
/**
 * Renewals of a token in a row for one request. Where the hour has passed once more while a slow machine was renewing,
 * the edge names its hour anew; other refusals are final at the second.
 */
const MAX_RENEWALS = 8;

interface TokenSession {
  readonly token: Token;
  readonly sign: SignBytes;
  received: bigint;
  signed: bigint;
  sequence: bigint;
  /** The edge has answered in this session, so it knew it. */
  known: boolean;
  /** It knows it no more: its hour is reported, what is not signed stays unsigned. */
  over: boolean;
}

/** Opens a session: a key, a token, and receipts as bytes arrive (docs/evidence.md, Vouched and open bytes). */
export async function openSession(options: SessionOptions): Promise<Session> {
  let current = await fresh(undefined);
  /** Receipts go out one after the other; a later one covers the earlier. */
  let posting: Promise<void> = Promise.resolve();

  async function fresh(hour: bigint | undefined): Promise<TokenSession> {
    const key = await createSessionKey();
    const token = await options.tokens({ resource: options.resource, clientKey: key.publicKey, hour });
    return { token, sign: key.sign, received: 0n, signed: 0n, sequence: 0n, known: false, over: false };
  }

  async function post(session: TokenSession): Promise<void> {
    if (session.over || session.received === session.signed) return;
    const bytes = session.received;
    session.sequence += 1n;
    const receipt = await signReceipt(
      {
        session: session.token.session,
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
      maxBodyBytes: MAX_ANSWER_BYTES,
      ...connection(),
    });
    if (response.status === 204) {
      session.known = true;
      session.signed = bytes;
      return;
    }
    const { code, words } = edgeAnswer(response);
    if (code === 'receipt/unknown-session' && session.known) {
      session.over = true;
      return;
    }
    throw new MediaError({
      code: 'viewer/receipt-refused',
      message: `The edge did not take a receipt: ${words}.`,
      source: 'peer',
      context: { status: response.status, code },
    });
  }

  function sign(session: TokenSession): Promise<void> {
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
    session: TokenSession,
    target: string,
    request: ViewerRequest,
  ): Promise<ViewerResponse> {
    const every = BigInt(options.receiptEvery ?? Math.max(1, Math.floor(session.token.creditWindow / 4)));
    const before = session.received;
    let asked = session.signed;
    let failure: unknown;
    let refused = false;
    const response = await exchange(new URL(target, options.url).href, {
      ...request,
      ...connection(),
      headers: { ...request.headers, 'media-token': tokenHeader(session.token) },
      onHead(head) {
        // An edge's own error is no part of the session: nobody pays for it, so nobody signs for it.
        refused = head.status === 401 || headerValue(head, 'media-error') !== undefined;
        if (headerValue(head, 'media-served') !== undefined) session.known = true;
        request.onHead?.(head);
      },
      async onData(chunk, totalBytes) {
        if (!refused) session.received = before + BigInt(totalBytes);
        if (session.received - asked >= every) {
          asked = session.received;
          sign(session).catch((error: unknown) => {
            failure ??= error;
          });
        }
        await request.onData?.(chunk, totalBytes);
      },
    });
    if (refused) return response;
    session.received = before + BigInt(response.totalBytes);
    await sign(session);
    if (failure !== undefined) throw failure;
    return response;
  }

  return {
    get token() {
      return current.token;
    },
    get received() {
      return current.received;
    },
    get signed() {
      return current.signed;
    },
    async get(target, request = {}) {
      if (current.over) current = await fresh(undefined);
      for (let renewals = 0; ; renewals += 1) {
        // A refusal is kept, so that its code can be told.
        const response = await once(current, target, { keepBody: 'errors', ...request });
        if (response.status !== 401) return response;
        const { code, words } = edgeAnswer(response);
        const hour = hourOf(response.header('media-hour'));
        const again = renewals === 0 || (code === 'token/wrong-hour' && hour !== current.token.hour);
        if (!again || renewals >= MAX_RENEWALS) {
          throw new MediaError({
            code: 'viewer/token-refused',
            message: `The edge did not take a token of hour ${current.token.hour}: ${words}.`,
            source: 'peer',
            context: {
              status: response.status,
              code,
              tokenHour: String(current.token.hour),
              edgeHour: String(hour),
            },
          });
        }
        current = await fresh(hour);
      }
    },
    settle: () => sign(current),
    async witness(guardUrl, target, answer) {
      const session = current;
      const witness = await signWitness(
        {
          session: session.token.session,
          edge: options.edge,
          resource: options.resource,
          targetHash: new Uint8Array(createHash('sha256').update(target).digest()),
          bodyHash: new Uint8Array(Buffer.from(answer.sha256, 'hex')),
          size: BigInt(answer.bodyBytes),
        },
        session.sign,
      );
      const response = await exchange(new URL('/v1/witness', guardUrl).href, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: encodeWitnessPost(session.token, witness),
        keepBody: true,
        maxBodyBytes: MAX_ANSWER_BYTES,
      });
      if (response.status === 204) return;
      const { code, words } = edgeAnswer(response);
      throw new MediaError({
        code: 'viewer/witness-refused',
        message: `The guard at ${guardUrl} did not take a statement: ${words}.`,
        source: 'peer',
        context: { status: response.status, code },
      });
    },
  };
}

function hourOf(text: string | undefined): bigint | undefined {
  return text !== undefined && /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
}
