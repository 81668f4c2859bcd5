import type { Answer } from '../serve/answer.ts';
import type { AdmittedVisit } from '../serve/visit.ts';
import type { ChooseCoding } from './coding.ts';
import { codedFields, isCompressible } from './compressible.ts';
import type { Compressor } from './compressor.ts';

export interface CodedAnswerDeps {
  readonly compressor: Compressor;
  readonly choose: ChooseCoding;
}

/** Outcomes whose bodies come from the origin right now; of the others a coded copy is kept (`coded-copies.ts`). */
const ARRIVING: ReadonlySet<Answer['outcome']> = new Set<Answer['outcome']>(['miss', 'collapsed', 'pass']);

/**
 * An answer on its way from the origin, coded for a viewer who takes it. The same answer where it is not to be.
 * `anyway`: whatever made it, none of it was coded yet.
 */
export async function codedAnswer(
  visit: AdmittedVisit,
  answer: Answer,
  { compressor, choose }: CodedAnswerDeps,
  anyway = false,
): Promise<Answer> {
  const { request, settings, path } = visit;
  const { status, headers, contentLength, body, outcome } = answer;
  if (body === undefined || request.method === 'HEAD' || answer.tunnel !== undefined) return answer;
  if (!anyway && !ARRIVING.has(outcome)) return answer;
  const coding = choose((name) => request.header(name));
  const length = Buffer.isBuffer(body) ? body.length : contentLength;
  if (coding === undefined) return answer;
  if (!isCompressible(settings.rules, path, { status, headers, length, kept: outcome !== 'pass' }))
    return answer;
  // What was said of the whole object is said of the bytes that the cache has seen.
  const coded = { ...answer, headers: codedFields(headers, coding) };
  if (Buffer.isBuffer(body)) {
    const bytes = await compressor.whole(body, coding);
    return bytes === undefined || bytes.length >= body.length
      ? answer
      : { ...coded, contentLength: bytes.length, body: bytes };
  }
  const stream = compressor.stream(body, coding);
  return stream === undefined ? answer : { ...coded, contentLength: undefined, body: stream };
}
