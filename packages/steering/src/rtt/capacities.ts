import { medianOf } from '../share.ts';

/** How an edge stood in a window, as one guard has it; kbit/s. */
export interface CapacityView {
  /** What it served; undefined where it does not say. */
  readonly served: number | undefined;
  /** What it says that it can; 0 where it does not say. */
  readonly claimed: number;
  /** What this guard got in a challenge: 1 for nothing at all, 0 where there was none. */
  readonly pulled: number;
  /** What this guard took for proven before; 0 for nothing. */
  readonly proven: number;
}

/** A proof fades: by a tenth with each challenge that shows less, so that a slow hour is no ruin and a lost line shows within a day. */
const FADES = 0.9;
/** A claim stands when so much of it was seen, or of what guards can see at all. */
const SEEN_PART = 0.7;

/**
 * What is proven of an edge after a window, in kbit/s, 0 for nothing. More than half of the guards must have pulled at once; each could be
 * a liar, so it is the middle of what they got, as often as there were: neither few who say too much nor few who say too little
 * move it. What the edge served to viewers meanwhile is added.
 */
export function provenOf(views: readonly CapacityView[]): number {
  const before = medianOf(views.map(({ proven }) => proven)) ?? 0;
  const pulled = views.map((each) => each.pulled).filter((kbps) => kbps > 0);
  if (pulled.length * 2 <= views.length) return before;
  const served = medianOf(views.flatMap((each) => (each.served === undefined ? [] : [each.served]))) ?? 0;
  const now = (medianOf(pulled) ?? 0) * pulled.length + served;
  return Math.round(Math.max(now, before * FADES));
}

/**
 * What an edge can serve, in kbit/s; undefined where nobody knows of a limit. A claim stands until a challenge shows less; it also stands where
 * guards, at their best with any edge (`reach`), could not have seen more.
 */
export function capacityOf(claimed: number, proven: number, reach: number): number | undefined {
  if (proven <= 0) return claimed > 0 ? claimed : undefined;
  const visible = claimed > 0 ? Math.min(claimed, reach) : reach;
  if (proven >= SEEN_PART * visible) return claimed > 0 ? claimed : undefined;
  return proven;
}
