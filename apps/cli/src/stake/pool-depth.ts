import type { Found } from '@media-network/chain';
import { formatMedia } from '../amounts.ts';

/** MEDIA behind the staked LP of a pool: what `worthForRights` asks for (docs/chain.md, Worth). */
export function depthOf({
  reserveMedia,
  staked,
  lpSupply,
}: Pick<Found<'pool'>, 'reserveMedia' | 'staked' | 'lpSupply'>): bigint {
  return lpSupply === 0n ? 0n : (reserveMedia * staked) / lpSupply;
}

/** A rise of the price by half takes a fifth of a pool's MEDIA out of it. */
export function isNearlyShallow(depth: bigint, least: bigint): boolean {
  return depth * 4n < least * 5n;
}

/** How deep a pool is, and what follows where that is too little, or soon might be. */
export function depthWords(depth: bigint, least: bigint): string {
  const has = `${formatMedia(depth)} behind staked LP, of the ${formatMedia(least)} that give rights`;
  const mend = 'whoever adds liquidity and stakes it helps';
  if (depth < least) return `${has}: too little, quotas and seats of its LP stand still as they are; ${mend}`;
  return isNearlyShallow(depth, least) ? `${has}: too little if the price rises by half; ${mend}` : has;
}
