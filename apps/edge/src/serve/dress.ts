import { headerValue } from '@media-network/http-cache';
import {
  NO_RULES,
  addedVary,
  isSharedWholly,
  rulePath,
  sharedFields,
  viewersFields,
} from '@media-network/rules';
import { variedFields } from '../compress/compressible.ts';
import { TAG_VARIES_BY, differsByTag } from '../peerpool/tagged-answer.ts';
import type { Answer } from './answer.ts';
import { leadsToOrigin, rewriteOriginLinks } from './origin-links.ts';
import type { OriginSettings } from '../origin/origin-settings.ts';
import type { AdmittedVisit } from './visit.ts';

/** Outcomes of answers that are kept for all. */
const KEPT: ReadonlySet<Answer['outcome']> = new Set<Answer['outcome']>([
  'hit',
  'stale',
  'revalidated',
  'miss',
  'collapsed',
]);

/** Of what a part is a part of: what holds of the whole is said of its parts. */
function wholeLength(headers: readonly string[]): number | undefined {
  const [, total] = /\/(\d+)$/.exec(headerValue(headers, 'content-range')?.trim() ?? '') ?? [];
  return total === undefined ? undefined : Number(total);
}

/** Fields of an answer as this viewer gets them: links that lead to the resource, and what the publisher's rules say. */
export function dressed(visit: AdmittedVisit, answer: Answer): readonly string[] {
  const { request, settings, path } = visit;
  const { rules } = settings;
  const { status, headers, contentLength } = answer;
  const contentType = answer.about ?? headerValue(headers, 'content-type');
  const isPart = status === 206;
  const facts = {
    status: isPart ? 200 : status,
    headers,
    length: isPart ? wholeLength(headers) : contentLength,
    kept: KEPT.has(answer.outcome),
  };
  const fields = sharedFields(
    rules,
    path,
    { status, contentType },
    variedFields(rules, path, facts, headers),
  );
  const viewer = { origin: request.header('origin'), scheme: request.scheme };
  const own = viewersFields(rules, path, viewer, rewriteOriginLinks(fields, settings, request));
  return differsByTag(rules, contentType) ? addedVary(own, [TAG_VARIES_BY]) : own;
}

/** The same of what is kept, for whoever asks; undefined where it depends on who does. `length`: of its body. */
export function fieldsForAll(
  settings: OriginSettings,
  target: string,
  { status, headers }: { readonly status: number; readonly headers: readonly string[] },
  length: number,
): readonly string[] | undefined {
  const { rules } = settings;
  const path = rulePath(target);
  if (differsByTag(rules, headerValue(headers, 'content-type'))) return undefined;
  const varied = variedFields(rules, path, { status, headers, length, kept: true }, headers);
  if (rules === NO_RULES) return leadsToOrigin(varied, settings) ? undefined : varied;
  const contentType = headerValue(headers, 'content-type');
  const fields = sharedFields(rules, path, { status, contentType }, varied);
  return leadsToOrigin(fields, settings) || !isSharedWholly(rules, path) ? undefined : fields;
}
