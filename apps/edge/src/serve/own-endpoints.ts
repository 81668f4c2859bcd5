import type { IncomingMessage } from 'node:http';
import { RECEIPT_BYTES } from '@media-network/protocol';
import { MAX_RECEIPTS } from '../session/session-desk.ts';
import type { SessionDesk } from '../session/session-desk.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import type { Exchange } from './exchange.ts';

/** Everything below is the edge's own on every resource's host, and is not billed. */
export const OWN_PREFIX = '/.well-known/media-network/';
const RECEIPTS = `${OWN_PREFIX}receipts`;

/** Receipts may come from a player on any site; they prove themselves by their signatures. */
const CORS = ['Access-Control-Allow-Origin', '*', 'Cache-Control', 'no-store'];

export interface OwnAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** Set where something was refused; for log and metrics. */
  readonly reason?: string;
}

/** Answers an endpoint of the edge; undefined when there is none of that name. */
export async function answerOwn(
  exchange: Exchange,
  tenant: Tenant,
  desk: SessionDesk,
): Promise<OwnAnswer | undefined> {
  const { request } = exchange;
  if (request.target.slice(0, request.pathEnd) !== RECEIPTS) return undefined;
  if (request.method === 'OPTIONS') {
    return {
      status: 204,
      headers: [
        ...CORS,
        'Access-Control-Allow-Methods',
        'POST',
        'Access-Control-Allow-Headers',
        'Content-Type',
        'Access-Control-Max-Age',
        '86400',
      ],
      body: Buffer.alloc(0),
    };
  }
  if (request.method !== 'POST')
    return json(405, 'edge/method-not-allowed', 'Receipts are posted.', ['Allow', 'POST, OPTIONS']);
  const body = await readBody(request.body, RECEIPT_BYTES * MAX_RECEIPTS);
  if (body === undefined)
    return json(413, 'receipt/malformed', `At most ${MAX_RECEIPTS} receipts at a time.`);
  const outcome = await desk.receipts(body, tenant);
  if (outcome.kind === 'refused') return json(outcome.status, outcome.code, outcome.message);
  return { status: 204, headers: CORS, body: Buffer.alloc(0) };
}

function json(status: number, code: string, message: string, more: readonly string[] = []): OwnAnswer {
  return {
    status,
    headers: [...CORS, 'Content-Type', 'application/json', 'Media-Error', code, ...more],
    body: Buffer.from(`${JSON.stringify({ code, message })}\n`),
    reason: code,
  };
}

/** Undefined when it is longer than `maxBytes`. */
async function readBody(body: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
