import { headerLines, headerValue, listMembers, readVary } from '@media-network/http-cache';
import { firstFor } from '@media-network/rules';
import type { Answer } from './answer.ts';
import type { RememberedKeys } from './remembered-keys.ts';
import { giveInterim, isPersonal } from './visit.ts';
import type { AdmittedVisit } from './visit.ts';

export interface HintsDeps {
  /** Links of the last answer, by resource, scheme, host and target. */
  readonly links: RememberedKeys<readonly string[]>;
}

const RELATION = /;[ \t]*rel[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;,"]+))/i;
const HINTED = new Set(['preload', 'preconnect', 'modulepreload', 'dns-prefetch']);
const MAX_LINKS = 16;
/** Of a field that every browser must read before the page. */
const MAX_BYTES = 2_048;

/** Of what an answer says in Link what a browser can begin with before it has the answer. */
export function hintedLinks(headers: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let bytes = 0;
  for (const link of headerLines(headers, 'link').flatMap(listMembers)) {
    const [, quoted, bare] = RELATION.exec(link) ?? [];
    const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/);
    bytes += link.length;
    if (kept.length >= MAX_LINKS || bytes > MAX_BYTES) break;
    if (link.startsWith('<') && relations.some((each) => HINTED.has(each))) kept.push(link);
  }
  return kept;
}

function isHinted({ request, settings, path }: AdmittedVisit): boolean {
  return request.method === 'GET' && firstFor(settings.rules.hints, path) !== undefined;
}

function keyOf({ tenant, request, asked }: AdmittedVisit): string {
  return `${tenant.key} ${request.scheme} ${request.host} ${asked.target}`;
}

/** What a browser may begin with, while the origin is asked for the page. */
export function sendHints(visit: AdmittedVisit, { links }: HintsDeps): void {
  const { request } = visit;
  if (!isHinted(visit)) return;
  const takes = request.httpVersion === '2' || request.header('sec-fetch-mode') === 'navigate';
  const known = takes ? links.get(keyOf(visit)) : undefined;
  if (known !== undefined)
    giveInterim(
      visit,
      103,
      known.flatMap((link) => ['Link', link]),
    );
}

/** Outcomes in which the origin has just spoken. */
const SPOKEN: ReadonlySet<Answer['outcome']> = new Set<Answer['outcome']>(['miss', 'pass', 'revalidated']);

/** Remembers what an answer to anybody says, for the next who ask. */
export function noteHints(visit: AdmittedVisit, answer: Answer, { links }: HintsDeps): void {
  if (!isHinted(visit) || !SPOKEN.has(answer.outcome) || isPersonal(visit)) return;
  if (answer.status !== 200 || !/^text\/html/i.test(headerValue(answer.headers, 'content-type') ?? ''))
    return;
  // What is for one viewer, or chosen by more than the coding, may lead each elsewhere.
  if (/\bprivate\b/i.test(headerValue(answer.headers, 'cache-control') ?? '')) return;
  if (headerValue(answer.headers, 'set-cookie') !== undefined) return;
  const vary = readVary(answer.headers);
  if (vary === '*' || vary.some((name) => name !== 'accept-encoding')) return;
  const hinted = hintedLinks(answer.headers);
  if (hinted.length > 0) links.note(keyOf(visit), hinted);
  else links.forget(keyOf(visit));
}
