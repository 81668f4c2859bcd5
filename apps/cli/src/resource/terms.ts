import type { Found } from '@media-network/chain';
import { addressBytes, parseAddress, termsOf } from '@media-network/protocol';
import type { ResourceTerms } from '@media-network/protocol';
import { bad } from './bad-resource.ts';
import type { Resource } from './find.ts';

/** What to write for no vouching key. */
const NONE = 'none';

/** MEDIA due and not charged yet, of all weeks of service. */
export function dueOf(resource: Pick<Resource, 'weeks'>): bigint {
  return resource.weeks.reduce((sum, week) => sum + week.due, 0n);
}

/** The key of `--vouching-key`; zeros for none. */
export function parseVouchingKey(text: string): Uint8Array {
  if (text === NONE) return new Uint8Array(32);
  if (parseAddress(text) !== undefined) return addressBytes(text);
  throw bad(
    `--vouching-key must be an address, or ${NONE}, not "${text}".`,
    '"media vouch key" shows yours, and makes one where there is none.',
  );
}

/** Terms of the last change, which hold from `from` on. */
export function newestTerms(resource: Resource): ResourceTerms & { readonly from: bigint } {
  const from = resource.terms[resource.termsCount - 1]?.from ?? 0n;
  return { ...termsOf(resource, from), from };
}

type Finality = Pick<Found<'config'>, 'verdictSlots' | 'finalHours' | 'lateHours'>;

/** Hours from the end of a span, or of terms, until nothing under them can be decided or recorded any more. */
export function settlingHours(config: Finality): bigint {
  return BigInt(Math.ceil(config.verdictSlots / 12) + config.finalHours + config.lateHours) + 2n;
}

/** First hour in which all that it was served for is settled; undefined while it is active. */
export function settledFrom(resource: Pick<Resource, 'spans'>, config: Finality): bigint | undefined {
  const ends = resource.spans.filter(({ from, until }) => from < until).map(({ until }) => until);
  const last = ends.reduce((most, until) => (until > most ? until : most), 0n);
  if (last >= 1n << 63n) return undefined;
  return last === 0n ? 0n : last + settlingHours(config);
}
