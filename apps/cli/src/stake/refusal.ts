import { MediaError } from '@media-network/runtime';
import { formatMs, formatUnits } from '../amounts.ts';
import type { StakeFacts } from './stake-facts.ts';

const refuse = (message: string, hint: string): MediaError =>
  new MediaError({ code: 'cli/bad-stake', message, hint, source: 'client' });

/** A time of the chain as people read it: `2026-11-26 15:04:05 UTC (in 3 min 20 s)`. */
export function timeText(at: bigint, now: bigint): string {
  const date = new Date(Number(at) * 1000).toISOString().replace('T', ' ').slice(0, 19);
  return at > now ? `${date} UTC (in ${formatMs(Number(at - now) * 1000)})` : `${date} UTC`;
}

/** Where a wallet gets LP from. */
export function whereLpIs(wallet: string, lp: bigint, decimals: number): string {
  return `"media pool add 100 1000" makes LP out of MEDIA and the quote token; on a network of your own the treasury has some: "media wallet send ${formatUnits(lp, decimals)} lp ${wallet} --keypair treasury".`;
}

/** Why LP cannot be staked; undefined when it can. */
export function refuseStake(facts: StakeFacts, asked: bigint): MediaError | undefined {
  const lp = (units: bigint): string => `${formatUnits(units, facts.decimals)} LP`;
  if (facts.held === 0n)
    return refuse(
      `The wallet ${facts.who} holds no LP of the pool ${facts.pool.address}; to stake ${asked === 0n ? 'some' : lp(asked)} it needs them.`,
      whereLpIs(
        facts.owner.address,
        asked === 0n ? 10n * 10n ** BigInt(facts.decimals) : asked,
        facts.decimals,
      ),
    );
  if (asked > facts.held)
    return refuse(
      `You asked to stake ${lp(asked)}; the wallet ${facts.who} holds ${lp(facts.held)}.`,
      'Stake less, or all of it with --all; "media pool add 100 1000" makes more.',
    );
  return undefined;
}

/** Why LP cannot be taken back; undefined when it can. */
export function refuseUnbond(facts: StakeFacts, asked: bigint, role: string): MediaError | undefined {
  const lp = (units: bigint): string => `${formatUnits(units, facts.decimals)} LP`;
  const has = `the stake of ${facts.who} as ${role} holds ${lp(facts.lp)}`;
  if (facts.stake === null)
    return refuse(
      `${facts.who} has no stake as ${role} in the pool ${facts.pool.address}.`,
      '"media stake show" lists the stakes there are; name the role with --role.',
    );
  if (facts.lp === 0n && facts.freeAt !== undefined)
    return refuse(
      `Nothing is at stake any more: ${lp(facts.unbonding)} of ${facts.who} as ${role} are on their way out.`,
      `"media stake withdraw --role ${role}" pays them from ${timeText(facts.freeAt, facts.now)}.`,
    );
  if (facts.lp === 0n)
    return refuse(
      `Nothing is at stake: ${has}.`,
      '"media stake show" lists the stakes there are; name the role with --role.',
    );
  if (asked > facts.lp)
    return refuse(
      `You asked to take back ${asked === 0n ? 'all' : lp(asked)}; ${has}.`,
      'Ask for less, or for all of it with --all.',
    );
  const free = facts.lp - facts.allocated;
  if (asked > free)
    return refuse(
      `You asked to take back ${lp(asked)}; ${has}, of which ${lp(facts.allocated)} are set aside for resources and ${lp(free)} are free.`,
      '"media resource list" shows the resources; "media resource remove" takes one off, and its --release frees what it holds.',
    );
  if (facts.nodeLeast > 0n && facts.lp - asked < facts.nodeLeast) {
    const most = facts.lp > facts.nodeLeast ? facts.lp - facts.nodeLeast : 0n;
    return refuse(
      `You asked to take back ${lp(asked)}; ${has}, and an active ${role} must keep ${lp(facts.nodeLeast)} at stake, so ${lp(most)} could go.`,
      `To take back all, leave first: "media ${role} leave".`,
    );
  }
  return undefined;
}

/** Why nothing can be withdrawn; undefined when it can. */
export function refuseWithdraw(facts: StakeFacts, role: string): MediaError | undefined {
  const lp = (units: bigint): string => `${formatUnits(units, facts.decimals)} LP`;
  if (facts.freeAt === undefined)
    return refuse(
      `Nothing of ${facts.who} as ${role} is on its way out; ${lp(facts.lp)} are at stake.`,
      `Begin with "media stake unbond --all --role ${role}"; it takes ${formatMs(facts.unbondSecs * 1000)}.`,
    );
  if (facts.now < facts.freeAt)
    return refuse(
      `${lp(facts.unbonding)} of ${facts.who} as ${role} are still unbonding, until ${timeText(facts.freeAt, facts.now)}.`,
      'Run this again then; what is unbonding can still be slashed.',
    );
  return undefined;
}
