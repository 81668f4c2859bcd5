import type { Purse } from './purse.ts';
import type { Stage, StageOptions } from './stage.ts';

/**
 * `attack`: somebody wants money, or to hurt. `mishap`: nobody means harm. `beyond`: more guards lie than the rules
 * promise to withstand; shown, not held to the bar.
 */
export type ScenarioKind = 'attack' | 'mishap' | 'beyond';

/** What one side of a scenario does: the same network and the same viewers with the attack, and without it. */
export interface Play {
  readonly stage: Stage;
  /** Whether the attackers attack; without, they are there and behave, or are not there at all. */
  readonly attacks: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly kind: ScenarioKind;
  /** One sentence: who does what, and what stops it. */
  readonly doc: string;
  /** Part of `--quick`. */
  readonly quick: boolean;
  /** The network of the honest run (`attacks` false) and of the attack. */
  readonly network: (attacks: boolean) => StageOptions | Promise<StageOptions>;
  /**
   * Scenarios with the same word have the same honest side, which is then played once: same network, same viewers, nobody
   * who attacks. Without one it is played for this scenario alone.
   */
  readonly honestSide?: string;
  /** Whoever attacks only wants to hurt: it must lose more than the honest do. */
  readonly spiteful?: boolean;
  /** By how much the honest may earn less, in basis points; 200 by default. */
  readonly honestSlackBps?: bigint;
  /** Ends what `network` began outside of the stage. */
  readonly after?: () => Promise<void>;
  /** What happens, until nothing is left to be paid. */
  readonly play: (play: Play) => Promise<Parties>;
}

/** Who is who, known when the play is over. */
export interface Parties {
  /** What the attackers had before and after, all their wallets together; none for a mishap. */
  readonly attackers: Purse | undefined;
  /** Owners whose earnings must not suffer. */
  readonly honest: readonly string[];
  /** Reports, sessions or stakes of the honest that were rejected or disputed through no fault of theirs. */
  readonly blamedHonest: number;
  /** Figures worth printing beside the bar's. */
  readonly figures?: Readonly<Record<string, bigint | number | string>>;
}

/** A scenario's line in the lab's report. Amounts are base units of MEDIA. */
export interface Outcome {
  readonly name: string;
  readonly kind: ScenarioKind;
  /** Lost for good: fees, burns, transaction fees, 10 % a year on what was staked, honest earnings forgone. */
  readonly attackerIn: bigint;
  /** Received beyond what the same nodes earn when they behave. */
  readonly attackerOut: bigint;
  /** Earnings of the honest without the attack and with it. */
  readonly honestBefore: bigint;
  readonly honestAfter: bigint;
  readonly blamedHonest: number;
  readonly figures: Readonly<Record<string, string>>;
}
