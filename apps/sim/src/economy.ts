import { ATTACKS } from './attacks/index.ts';
import type { Attack } from './attacks/attack.ts';
import { moneyOf } from './money.ts';
import type { Played } from './play.ts';

/** Most days for which an attack is played. */
const ATTACK_DAYS = 30;
/** A third of the guards can hold up decisions, and half of the votes make them: beyond what the rules promise to withstand. */
const MOST_PERCENT = { edges: 99, pool: 99, guards: 33, votes: 49 } as const;
export const DEFAULT_SHARES: readonly number[] = [5, 33, 60];

/** One play of the plan. */
export interface Job {
  readonly name: string;
  readonly days: number;
  readonly seed: number;
  /** Undefined for the honest ones. */
  readonly attack?: { readonly name: string; readonly sharePercent: number };
}

export interface Plan {
  /** The long one, whose figures the report draws. */
  readonly honest: Job;
  /** What attacks are compared with: as many days as they have. */
  readonly base: Job;
  readonly attacks: readonly Job[];
}

/** Whether an attack leaves its actors poorer than behaving, to the base unit. */
export function isLoss({ profit }: Pick<AttackOutcome, 'profit'>): boolean {
  return profit < 0n;
}

export interface AttackOutcome {
  readonly name: string;
  /** Per cent. */
  readonly share: number;
  /** What the attackers have at the end more than the same wallets have that behaved, in base units of MEDIA. */
  readonly profit: bigint;
  /** What they have at the end when they behave. */
  readonly honest: bigint;
  readonly supplyHolds: boolean;
  readonly undecided: number;
  /** MEDIA that the network paid out. */
  readonly rewards: bigint;
}

export interface Economy {
  readonly days: number;
  readonly attackDays: number;
  readonly seed: number;
  readonly honest: Played;
  readonly supplyHolds: boolean;
  readonly attacks: readonly AttackOutcome[];
}

function sharesOf(attack: Attack, shares: readonly number[]): readonly number[] {
  return shares.filter((share) => share <= MOST_PERCENT[attack.of]);
}

export function planEconomy(options: {
  readonly days: number;
  readonly seed: number;
  readonly only?: readonly string[];
  /** Per cent. */
  readonly shares: readonly number[];
}): Plan {
  const { days, seed, only, shares } = options;
  const attackDays = Math.min(days, ATTACK_DAYS);
  const honest: Job = { name: 'honest', days, seed };
  const chosen = ATTACKS.filter(({ name }) => only?.includes(name) ?? true);
  return {
    honest,
    base: attackDays === days ? honest : { name: `honest, ${attackDays} days`, days: attackDays, seed },
    attacks: chosen.flatMap((attack) =>
      sharesOf(attack, shares).map((sharePercent): Job => {
        const name = `${attack.name} ${sharePercent} %`;
        return { name, days: attackDays, seed, attack: { name: attack.name, sharePercent } };
      }),
    ),
  };
}

/** Compares a play with the honest one of as many days: the same wallets, prices and random numbers. */
export function outcomeOf(job: Job, base: Played, played: Played): AttackOutcome {
  const prices = base.pools.map(({ averageQ32 }) => averageQ32);
  const moneyIn = (side: Played): bigint =>
    played.actors.reduce((sum, actor) => {
      const holdings = side.holdings[actor];
      return holdings === undefined ? sum : sum + moneyOf(holdings, side.pools, prices, side.days);
    }, 0n);
  const behaved = moneyIn(base);
  return {
    name: job.attack?.name ?? job.name,
    share: job.attack?.sharePercent ?? 0,
    profit: moneyIn(played) - behaved,
    honest: behaved,
    supplyHolds: played.brokeAt === undefined,
    undecided: played.undecided,
    rewards: played.rewards,
  };
}

/** The last line of `media sim economy --json`. */
export function summaryOf(economy: Economy): Readonly<Record<string, unknown>> {
  const { honest } = economy;
  return {
    days: economy.days,
    supplyHolds: economy.supplyHolds,
    attacks: economy.attacks.map(({ name, share, profit }) => ({ name, share, profit })),
    burned: honest.burned,
    kept: honest.kept,
    rewards: honest.rewards,
  };
}
