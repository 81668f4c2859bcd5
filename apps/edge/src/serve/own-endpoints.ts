import type { Readable } from 'node:stream';
import type { ParsedRequest } from '@media-network/http-front';
import { RECEIPT_BYTES } from '@media-network/protocol';
import { MAX_RECEIPTS } from '../session/session-desk.ts';
import type { PhasesDesk } from '../session/session-desk.ts';
import type { PeerPoolDesk } from '../peerpool/peerpool-desk.ts';
import { admit } from './admit.ts';
import type { AdmitDeps } from './admit.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import type { Answer } from './answer.ts';
import { OWN_PREFIX, ownAnswer } from './own-answer.ts';
import { refusalWords } from './refusal.ts';
import type { Refused } from './refusal.ts';
import type { Tally } from './tally.ts';
import type { Visit } from './visit.ts';

const RECEIPTS = `${OWN_PREFIX}receipts`;
const READY = `${OWN_PREFIX}ready`;

/** Receipts may come from a player on any site; they prove themselves by their signatures. */
const CORS = ['Access-Control-Allow-Origin', '*', 'Cache-Control', 'no-store'];

type Own = { readonly kind: 'own'; readonly answer: Answer };

/** Answers an endpoint of the edge, or refuses when there is none of that name. */
export async function answerOwn(
  visit: Visit,
  tenant: Tenant,
  deps: AdmitDeps & { readonly peerpool: PeerPoolDesk },
  tally: Pick<Tally, 'refused'>,
): Promise<Own | Refused> {
  const said = await saidTo(visit, tenant, deps);
  if (said === undefined) return { kind: 'refused', phase: 'identify', code: 'edge/unknown-endpoint' };
  if (said.reason !== undefined) tally.refused('identify', said.reason);
  return { kind: 'own', answer: ownAnswer(said.status, said.headers, said.body, said.reason) };
}

interface Said {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** Set where something was refused; for log and metrics. */
  readonly reason?: string;
}

function saidTo(
  visit: Visit,
  tenant: Tenant,
  deps: AdmitDeps & { readonly peerpool: PeerPoolDesk },
): Promise<Said> | undefined {
  const { request } = visit;
  const path = request.target.slice(0, request.pathEnd);
  switch (path) {
    case RECEIPTS:
      return receipts(request, tenant, deps.desk);
    case READY:
      return ready(request, tenant, deps);
    default:
      return deps.peerpool.answer(path.slice(OWN_PREFIX.length), visit, tenant);
  }
}

/**
 * Whether a viewer without a token would be served now, and if not, the code that it would be refused with. What the
 * edge needs for it (the settings, from a guard) is had with this question; the origin is not asked.
 */
async function ready(request: ParsedRequest, tenant: Tenant, deps: AdmitDeps): Promise<Said> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return json(405, 'edge/method-not-allowed', 'This endpoint is read-only.', ['Allow', 'GET, HEAD']);
  const found = await admit(
    tenant,
    { header: () => undefined, httpVersion: '1.1', upgrade: undefined },
    deps,
  );
  if (found.kind === 'admitted') return { status: 204, headers: CORS, body: Buffer.alloc(0) };
  const { status, words } = refusalWords(found.code);
  const retry = found.retryAfterSeconds === undefined ? [] : ['Retry-After', String(found.retryAfterSeconds)];
  const { reason: _answered, ...said } = json(status, found.code, words, retry);
  return said;
}

/** Takes receipts of a session. */
async function receipts(request: ParsedRequest, tenant: Tenant, desk: PhasesDesk): Promise<Said> {
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

function json(status: number, code: string, message: string, more: readonly string[] = []): Said {
  return {
    status,
    headers: [...CORS, 'Content-Type', 'application/json', 'Media-Error', code, ...more],
    body: Buffer.from(`${JSON.stringify({ code, message })}\n`),
    reason: code,
  };
}

/** Undefined when it is longer than `maxBytes`. */
async function readBody(body: Readable, maxBytes: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
