import { foldText } from '../clean-text.ts';
import { refuse } from '../refusal.ts';
import type { Refusal } from '../refusal.ts';

/** What decides whether somebody may write in a chat now. */
export interface WriteFacts {
  readonly nowMs: number;
  /** Owners and moderators are bound by nothing but the length of a message. */
  readonly moderates: boolean;
  /** Until when they may not: undefined for good. */
  readonly sanction: { readonly untilMs: number | undefined } | undefined;
  readonly followersOnly: boolean;
  readonly follows: boolean;
  readonly slowSeconds: number;
  /** When they wrote last. */
  readonly lastMs: number | undefined;
  readonly words: readonly string[];
}

/** Undefined where they may. */
export function mayWrite(text: string, facts: WriteFacts): Refusal | undefined {
  const { nowMs, sanction, lastMs, slowSeconds } = facts;
  if (facts.moderates) return undefined;
  if (sanction !== undefined) {
    if (sanction.untilMs === undefined) return refuse('express/banned');
    if (sanction.untilMs > nowMs)
      return refuse('express/timed-out', `${Math.ceil((sanction.untilMs - nowMs) / 1_000)} s are left.`);
  }
  if (facts.followersOnly && !facts.follows) return refuse('express/followers-only');
  if (lastMs !== undefined && nowMs - lastMs < slowSeconds * 1_000)
    return refuse(
      'express/too-fast',
      `${Math.ceil((slowSeconds * 1_000 - nowMs + lastMs) / 1_000)} s are left.`,
    );
  const folded = foldText(text);
  if (facts.words.some((word) => folded.includes(word))) return refuse('express/blocked-word');
  return undefined;
}
