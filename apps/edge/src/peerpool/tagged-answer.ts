import { headerValue, withoutHeaders } from '@media-network/http-cache';
import type { Rules } from '@media-network/rules';
import type { Answer } from '../serve/answer.ts';
import { madeRequest } from '../serve/made-request.ts';
import { admittedVisit } from '../serve/visit.ts';
import type { AdmittedVisit } from '../serve/visit.ts';
import { takesScript, withScript } from './add-script.ts';

/**
 * What browsers say of a request that a page comes of, on lines that are secure, which are those that PeerPool works on.
 * Whoever does not say it (guards' probes, curl, scripts of a page) gets the origin's bytes.
 */
export const TAG_VARIES_BY = 'Sec-Fetch-Dest';

const PAGES: ReadonlySet<string> = new Set(['document', 'iframe', 'frame']);
const HTML = /^(?:text\/html|application\/xhtml\+xml)[ \t]*(?:;|$)/i;
/** What is said of bytes that are not sent, and of when they were made: the tag may be newer. */
const OF_THE_BYTES: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-length',
  'content-md5',
  'digest',
  'last-modified',
  'repr-digest',
]);
/** At the end of a page's entity tag: what has another one is another page. */
const MARK = '-peerpool';
const MARKED = /(?:W\/)?"[^"]*-peerpool"/g;

/** Whether pages of such a type differ by who asks for them. */
export function differsByTag(rules: Rules, contentType: string | undefined): boolean {
  return rules.peerpool.some(({ tag }) => tag) && HTML.test(contentType?.trim() ?? '');
}

/** Whether a viewer's browser navigates, below a resource whose publisher has edges add the tag. */
export function navigatesToPage({ request, settings, forSibling }: AdmittedVisit): boolean {
  return (
    settings.rules.peerpool.some(({ tag }) => tag) &&
    forSibling !== true &&
    request.method === 'GET' &&
    request.upgrade === undefined &&
    PAGES.has(request.header(TAG_VARIES_BY.toLowerCase()) ?? '')
  );
}

/** Fields that ask for other bytes than the whole page, uncoded, or about a page without the tag. */
const NOT_ASKED: ReadonlySet<string> = new Set([
  'accept-encoding',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
]);

/**
 * What is sought for a viewer who navigates: the whole page, uncoded, since coded bytes cannot be looked into. What it
 * has with the tag it may ask about.
 */
export function soughtForTag(visit: AdmittedVisit): AdmittedVisit {
  const { request, tenant, settings, session } = visit;
  const asked = withoutMark(request.header('if-none-match'));
  const about = asked === undefined ? [] : ['If-None-Match', asked];
  const { scheme, host, port, target, signal, remoteAddress, remotePort, serverName, httpVersion } = request;
  const plain = madeRequest({
    scheme,
    host,
    port,
    target,
    signal,
    remoteAddress,
    remotePort,
    serverName,
    httpVersion,
    rawHeaders: [...withoutHeaders(request.rawHeaders, NOT_ASKED), ...about],
    header: (name) =>
      name === 'if-none-match' ? asked : NOT_ASKED.has(name) ? undefined : request.header(name),
  });
  const interim = (status: number, headers: readonly string[]): void => request.interim(status, headers);
  return admittedVisit({ ...visit, request: { ...plain, interim } }, { tenant, settings, session });
}

/** Entity tags of pages with the tag, as the cache knows them; undefined where there is none among them. */
function withoutMark(ifNoneMatch: string | undefined): string | undefined {
  const marked = (ifNoneMatch ?? '').match(MARKED) ?? [];
  return marked.length === 0 ? undefined : marked.map((each) => each.replace(`${MARK}"`, '"')).join(', ');
}

/** A page with the tag in it; any other answer as it is. */
export async function withTag(answer: Answer): Promise<Answer> {
  const { headers, body, status } = answer;
  // About one that has it: nothing else was asked about.
  if (status === 304) return { ...answer, headers: marked(withoutHeaders(headers, OF_THE_BYTES)) };
  const field = (name: string): string | undefined => headerValue(headers, name);
  const takes = takesScript({
    status,
    contentType: field('content-type'),
    contentEncoding: field('content-encoding'),
    cacheControl: field('cache-control'),
    policy: field('content-security-policy'),
  });
  if (!takes || body === undefined) return answer;
  const tagged = { ...answer, headers: marked(withoutHeaders(headers, OF_THE_BYTES)) };
  if (!Buffer.isBuffer(body)) return { ...tagged, contentLength: undefined, body: withScript(body) };
  const parts: Buffer[] = [];
  for await (const part of withScript(once(body))) parts.push(part);
  const whole = Buffer.concat(parts);
  return { ...tagged, contentLength: whole.length, body: whole };
}

function marked(headers: readonly string[]): string[] {
  return headers.map((value, i) =>
    i % 2 === 1 && headers[i - 1]?.toLowerCase() === 'etag' ? value.trim().replace(/"$/, `${MARK}"`) : value,
  );
}

async function* once(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}
