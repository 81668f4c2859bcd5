import type { Found } from '@media-network/chain';
import { OPEN_SPAN } from '@media-network/chain/schema';
import { hourSecs } from '@media-network/protocol';
import { formatMs } from '../amounts.ts';
import type { Resource } from './find.ts';

type Config = Found<'config'>;

/** MEDIA of all its weeks that are not charged yet. */
export function dueOf(resource: Pick<Resource, 'weeks'>): bigint {
  return resource.weeks.reduce((sum, { due }) => sum + due, 0n);
}

/** Hours from one on until nothing of it can be decided or recorded for the first time any more. */
export function settlingHours(config: Config): bigint {
  return BigInt(config.finalHours) + BigInt(config.lateHours) + 3n;
}

/** The first hour in which nothing that the resource served can still be decided: undefined while it is active. */
export function settledFrom(config: Config, resource: Pick<Resource, 'spans'>): bigint | undefined {
  const held = resource.spans.filter(({ from, until }) => from < until);
  if (held.some(({ until }) => until === OPEN_SPAN)) return undefined;
  const last = held.reduce((top, { until }) => (until > top ? until : top), 0n);
  return held.length === 0 ? 0n : last + settlingHours(config);
}

/** The hour from which new terms can be put in force; the oldest of eight makes place once its hours are settled. */
export function termsChangeFrom(config: Config, resource: Resource, hour: bigint): bigint {
  const newest = resource.terms[resource.termsCount - 1];
  if (newest?.from === hour + 1n || resource.termsCount < resource.terms.length) return hour;
  return (resource.terms[1]?.from ?? 0n) + settlingHours(config);
}

/** Hours of the network as a person counts time. */
export function hoursText(config: Config, hours: bigint): string {
  return `${hours} hours of the network (${formatMs(Number(hours * hourSecs(config)) * 1000)})`;
}
