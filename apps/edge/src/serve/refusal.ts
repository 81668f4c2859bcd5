import { STATUS_CODES } from 'node:http';
import { errorCode } from '@media-network/runtime';
import { VIA } from '../origin/origin-headers.ts';
import type { Answer } from './answer.ts';
import { PAGE_POLICY, errorPage } from './error-page.ts';
import type { Outcome, Phase } from './phases.ts';
import { CACHE_NAME } from './response-head.ts';
import type { Tally } from './tally.ts';
import type { Visit } from './visit.ts';

/** An answer of the edge itself, in place of the resource's. */
export interface Refused {
  readonly kind: 'refused';
  readonly phase: Phase;
  /** Append-only code; `Media-Error` carries it. */
  readonly code: string;
  readonly retryAfterSeconds?: number;
  /** Hour of the chain's time, told to clients whose token is refused. */
  readonly hour?: number;
  /** Methods that would be served (RFC 9110 §10.2.1). */
  readonly allow?: readonly string[];
}

interface Words {
  readonly status: number;
  readonly title: string;
  readonly words: string;
}

/** The one place where a code becomes a status and a sentence. */
const WORDS: Readonly<Record<string, Words>> = {
  'edge/unknown-host': {
    status: 404,
    title: 'Not found',
    words: 'No resource of the network has this host.',
  },
  'edge/name-unchecked': {
    status: 503,
    title: 'Not checked',
    words: 'Whose name this is cannot be found out at the moment.',
  },
  'edge/unknown-endpoint': { status: 404, title: 'Not found', words: 'The edge has no such endpoint.' },
  'edge/method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    words: 'This endpoint takes other methods.',
  },
  'edge/upgrade-refused': {
    status: 400,
    title: 'Not a WebSocket',
    words:
      'A WebSocket begins with a GET without a body that has Connection: Upgrade and a Sec-WebSocket-Key of 16 bytes in base64.',
  },
  'edge/too-many-tunnels': {
    status: 503,
    title: 'Too many WebSockets',
    words: 'This edge, or this resource here, has as many WebSockets open as it may.',
  },
  'edge/loop': {
    status: 508,
    title: 'Loop',
    words:
      "The request has come through edges of this network several times: the resource's origin leads back to it.",
  },
  'edge/paused': { status: 503, title: 'Paused', words: 'The publisher has paused this resource.' },
  'edge/exhausted': {
    status: 503,
    title: 'Out of stake',
    words: "The resource's stake is used up. Its publisher can add to it.",
  },
  'edge/not-authorised': {
    status: 503,
    title: 'Not authorised',
    words: 'The guards have not authorised this resource, or this edge, yet.',
  },
  'edge/no-settings': {
    status: 503,
    title: 'No settings',
    words: 'The settings of this resource cannot be read at the moment.',
  },
  'edge/not-picked': {
    status: 421,
    title: 'Not at this edge',
    words: 'Its publisher has this resource served by other edges.',
  },
  'edge/denied': {
    status: 451,
    title: 'Not served here',
    words: 'The operator of this edge does not serve this resource.',
  },
  'edge/removed': {
    status: 451,
    title: 'Taken off the network',
    words: 'This resource has been taken off the network.',
  },
  'edge/off-hours': {
    status: 503,
    title: 'Not at this hour',
    words: 'This edge serves at other hours of the day.',
  },
  'edge/month-used': {
    status: 503,
    title: 'Not this month',
    words: 'This edge has served what it has to give this month.',
  },
  'edge/at-capacity': {
    status: 503,
    title: 'At capacity',
    words: 'This edge serves as much as its operator lets it at the moment.',
  },
  'edge/over-quota': {
    status: 503,
    title: 'Over quota',
    words: 'The resource has used up ten times its quota for the moment.',
  },
  'edge/over-share': {
    status: 503,
    title: 'Over quota',
    words: "What this edge may serve of the resource's quota is used up for the moment.",
  },
  'edge/no-credit': {
    status: 503,
    title: 'No credit',
    words:
      "What the publisher pays this edge for traffic without its token is used up for this hour. Ask with the publisher's token, or another edge.",
  },
  'edge/journal-full': {
    status: 503,
    title: 'Storage full',
    words: 'This edge cannot account for more traffic at the moment.',
  },
  'edge/draining': { status: 503, title: 'Shutting down', words: 'This edge is shutting down.' },
  'edge/origin-timeout': {
    status: 504,
    title: 'Origin timeout',
    words: 'The origin did not answer in time.',
  },
  'edge/origin-unreachable': {
    status: 502,
    title: 'Origin unreachable',
    words: 'The origin cannot be reached.',
  },
  'edge/origin-reset': {
    status: 502,
    title: 'Origin reset',
    words: 'The origin closed the connection before its answer was complete.',
  },
  'edge/origin-truncated': {
    status: 502,
    title: 'Origin truncated',
    words: 'The origin sent fewer bytes than it announced.',
  },
  'edge/origin-changed': {
    status: 502,
    title: 'Origin changed',
    words: 'The object was replaced while it was being sent.',
  },
  'edge/origin-bad-response': {
    status: 502,
    title: 'Bad origin response',
    words: "The origin's answer is not valid HTTP.",
  },
  'edge/origin-private': {
    status: 502,
    title: 'Origin refused',
    words: "The origin's address is private, and this edge does not connect there.",
  },
  'edge/must-revalidate': {
    status: 504,
    title: 'Origin unreachable',
    words: 'What the edge holds may not be used without asking the origin, and the origin cannot be asked.',
  },
  'edge/country-refused': {
    status: 403,
    title: 'Not here',
    words: 'The publisher does not serve this from where you are.',
  },
  'edge/address-refused': {
    status: 403,
    title: 'Not for this address',
    words: 'The publisher does not serve this to your address.',
  },
  'edge/referer-refused': {
    status: 403,
    title: 'Not from there',
    words: 'The publisher does not serve this to pages of other sites.',
  },
  'edge/method-refused': {
    status: 405,
    title: 'Method not allowed',
    words: 'The publisher takes other methods here.',
  },
  'edge/grant-missing': {
    status: 403,
    title: 'Signature needed',
    words: 'The publisher serves this with a signed address only.',
  },
  'edge/grant-bad': {
    status: 403,
    title: 'Signature refused',
    words: 'The signature of this address is not good for what is asked for.',
  },
  'edge/grant-expired': {
    status: 403,
    title: 'Signature expired',
    words: 'The time of this signed address is over.',
  },
  'edge/rate-limited': {
    status: 429,
    title: 'Too many requests',
    words: 'The publisher serves this less often. Wait a moment.',
  },
  'edge/aborted': { status: 499, title: 'Aborted', words: 'The viewer went away.' },
  'edge/internal': {
    status: 500,
    title: 'Internal error',
    words: 'The edge failed to answer. The request id helps to find out why.',
  },
};

const TOKEN: Words = {
  status: 401,
  title: 'Token refused',
  words: "The session's token is not good here. Ask the publisher's signer for a new one.",
};
const UNKNOWN: Words = { status: 500, title: 'Internal error', words: 'The edge failed to answer.' };

export function refusalWords(code: string): Words {
  return WORDS[code] ?? (code.startsWith('token/') ? TOKEN : UNKNOWN);
}

/** The code under which a failure is answered. */
export function failureCode(error: unknown): string {
  const code = errorCode(error);
  if (code in WORDS) return code;
  // The cache's words for a body of another length than announced.
  if (code === 'cache/truncated' || code === 'cache/body-too-long') return 'edge/origin-truncated';
  return 'edge/internal';
}

interface Page {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** An answer of the edge in place of the resource's, and counted as such. */
export function refusedAnswer(
  visit: Visit,
  refused: Refused,
  outcome: Outcome,
  deps: { readonly tally: Pick<Tally, 'refused'> },
): Answer {
  const { phase, code } = refused;
  if (outcome !== 'cut') deps.tally.refused(phase, code);
  const { status, headers, body } = refusalPage(refused, visit.request.header('accept'), visit.id);
  return {
    phase,
    outcome,
    reason: outcome === 'cut' ? undefined : code,
    status,
    statusText: STATUS_CODES[status] ?? '',
    headers: [...headers, 'Via', VIA],
    contentLength: body.length,
    body,
    cacheStatus: `${CACHE_NAME}; fwd=${outcome === 'refused' ? 'bypass' : 'miss'}; detail=${code.replace('/', ':')}`,
    object: undefined,
  };
}

/** JSON or HTML by Accept. Nothing of the request is repeated in it. */
function refusalPage(
  refused: Pick<Refused, 'code' | 'retryAfterSeconds' | 'hour' | 'allow'>,
  accept: string | undefined,
  requestId: string,
): Page {
  const { status, title, words } = refusalWords(refused.code);
  const html = accept !== undefined && /text\/html/i.test(accept);
  const body = Buffer.from(
    html
      ? errorPage({ status, title, words, code: refused.code, requestId })
      : `${JSON.stringify({ code: refused.code, message: words, request: requestId })}\n`,
  );
  const headers = [
    'Content-Type',
    html ? 'text/html; charset=utf-8' : 'application/json',
    ...(html ? ['Content-Security-Policy', PAGE_POLICY] : []),
    'Cache-Control',
    'no-store',
    'Vary',
    'Accept',
    'Media-Error',
    refused.code,
  ];
  if (refused.allow !== undefined) headers.push('Allow', refused.allow.join(', '));
  if (refused.hour !== undefined) headers.push('Media-Hour', String(refused.hour));
  if (refused.retryAfterSeconds !== undefined) headers.push('Retry-After', String(refused.retryAfterSeconds));
  return { status, headers, body };
}
