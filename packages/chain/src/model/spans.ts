import { OPEN_SPAN } from '../schema/index.ts';
import { fail } from './failure.ts';
import type { Draft } from './state.ts';
import { settledAfter } from './time.ts';

type Config = Draft<'config'>;
type Resource = Draft<'resource'>;

/** Whether a span is an empty place: it never held, or no hour of it can be decided or recorded any more. */
function isFree(config: Config, span: Resource['spans'][number], hour: bigint): boolean {
  return span.from >= span.until || settledAfter(config, span.until) < hour;
}

/** The resource is active from the next hour on. `TooEarly` when every place still holds hours that matter. */
export function openSpan(config: Config, resource: Resource, hour: bigint): void {
  const place = resource.spans.findIndex((span) => isFree(config, span, hour));
  if (place < 0) fail('TooEarly');
  resource.spans = resource.spans.with(place, { from: hour + 1n, until: OPEN_SPAN });
}

/** Whatever is open ends with this hour; one that would only begin after it never begins. */
export function closeSpan(resource: Resource, hour: bigint): void {
  resource.spans = resource.spans.map((span) =>
    span.until === OPEN_SPAN && span.from < span.until ? { from: span.from, until: hour + 1n } : span,
  );
}

/** Whether no hour in which the resource was active can be decided or recorded any more. */
export function isSettled(config: Config, resource: Resource, hour: bigint): boolean {
  return resource.spans.every((span) => isFree(config, span, hour));
}

/** Puts terms in force from the next hour on; `TooEarly` when that would drop terms of hours that are still open. */
export function changeTerms(
  config: Config,
  resource: Resource,
  hour: bigint,
  change: { readonly allowance: bigint; readonly vouchKey: Uint8Array },
): void {
  const next = { from: hour + 1n, ...change };
  const count = resource.termsCount;
  const newest = resource.terms[count - 1];
  if (newest !== undefined && newest.from === next.from) {
    resource.terms = resource.terms.with(count - 1, next);
    return;
  }
  if (count < resource.terms.length) {
    resource.terms = resource.terms.with(count, next);
    resource.termsCount = count + 1;
    return;
  }
  const second = resource.terms[1];
  if (second === undefined || settledAfter(config, second.from) >= hour) fail('TooEarly');
  resource.terms = [...resource.terms.slice(1), next];
}
