import { wilsonLower } from './wilson.ts';

/** What one guard's own probes saw of an edge's bytes in the hours that are looked at. */
export interface Sight {
  readonly looks: number;
  readonly wrong: number;
}

/**
 * The published threshold for an edge as a whole, over a day: at least `least` wrong answers, and the true share of them above
 * `sharePpm` with the confidence of `z` (one in 200 that it is not). One wrong answer in 20 is found within 200 looks, one in 100
 * within 1,000, in 99 of 100 cases.
 */
export const CORRUPT = { least: 3, sharePpm: 500, z: 2.576 } as const;
/** Hours that sights reach back. */
export const SIGHT_HOURS = 24n;
/** Own looks without which a guard says nothing on the word of others. */
export const OWN_LOOKS = 8;
/**
 * Looks at one publisher's resources within which a guard looks elsewhere too, as half of an inquiry's looks do. Where that shows
 * nothing by then, there is nothing to be seen.
 */
const ONE_LOOKS = 60;
/** A guard that saw nothing wrong where so many looks would have shown it with this likelihood, or more, contradicts. */
const MISSED = 0.99;

export type Seconding =
  /** Guilty by what this guard saw alone, or by what it saw together with what others did. */
  | { readonly kind: 'guilty'; readonly by: 'own' | 'pool' }
  /** Its own looks contradict whoever says otherwise. */
  | { readonly kind: 'innocent' }
  /** Too few looks to say. */
  | { readonly kind: 'unsure' };

/** Lower bound of the share of wrong answers, in parts per million. */
export function lowerPpm({ looks, wrong }: Sight): number {
  return Math.floor(wilsonLower(wrong, looks, CORRUPT.z) * 1_000_000);
}

function isCorrupt(sight: Sight): boolean {
  return sight.wrong >= CORRUPT.least && lowerPpm(sight) > CORRUPT.sharePpm;
}

/** Whether so many looks without a wrong answer are unlikely where such a share is wrong. */
function contradicts(looks: number, ppm: number): boolean {
  return 1 - (1 - ppm / 1_000_000) ** looks >= MISSED;
}

/**
 * What others saw, as far as nobody can have made it up: of a set of `setSize` guards at most f = ⌊(setSize − 1) / 3⌋ lie, so the f
 * that accuse most are left out. What is left adds up to no more than honest guards saw.
 */
export function trimmedPool(others: readonly Sight[], setSize: number): Sight {
  const liars = Math.floor((Math.max(1, setSize) - 1) / 3);
  return others
    .toSorted((a, b) => b.wrong - a.wrong || a.looks - b.looks)
    .slice(liars)
    .reduce((sum, each) => ({ looks: sum.looks + each.looks, wrong: sum.wrong + each.wrong }), {
      looks: 0,
      wrong: 0,
    });
}

/**
 * What a guard says of an edge's bytes. Nobody is blamed on others' word alone: a guard has looked itself, and what it saw does not
 * contradict what is said. `others`: one sight a guard of the week's set. `claimed`: what the accuser says it saw, where there is one.
 */
export function secondingOf(
  own: Sight,
  others: readonly Sight[],
  setSize: number,
  claimed?: Sight,
): Seconding {
  if (isCorrupt(own)) return { kind: 'guilty', by: 'own' };
  const trimmed = trimmedPool(others, setSize);
  const pool = { looks: own.looks + trimmed.looks, wrong: own.wrong + trimmed.wrong };
  if (isCorrupt(pool)) {
    const hasSeen = own.wrong > 0 || (own.looks >= OWN_LOOKS && !contradicts(own.looks, lowerPpm(pool)));
    return hasSeen ? { kind: 'guilty', by: 'pool' } : { kind: 'unsure' };
  }
  if (pool.wrong === 0 && claimed !== undefined && contradicts(own.looks, lowerPpm(claimed)))
    return { kind: 'innocent' };
  return { kind: 'unsure' };
}

/** What a guard saw of an edge's bytes, all resources of one publisher together. */
export interface PublisherSight extends Sight {
  readonly publisher: string;
}

/**
 * Whether all that was seen wrong may be one origin's doing, which shows this edge another face than it shows guards: all of it is of
 * one publisher's resources, and the edge was right wherever else this guard has looked, or it has hardly looked elsewhere yet. No edge
 * can show what an origin gave it, so that costs it what it earned with that publisher's bytes, and not its place. `told`: of each other
 * guard that saw something wrong, of whose resource; as many of them may lie as in `trimmedPool`. `hasOthers`: whether there are
 * resources of other publishers to look at.
 */
export function mayBeOneOrigin(
  own: readonly PublisherSight[],
  told: readonly string[],
  setSize: number,
  hasOthers: boolean,
): boolean {
  const liars = Math.floor((Math.max(1, setSize) - 1) / 3);
  const blaming = own.filter(({ wrong }) => wrong > 0).map(({ publisher }) => publisher);
  if (blaming.length > 1) return false;
  const one = blaming[0] ?? mostTold(told);
  if (one === undefined) return false;
  // So many say otherwise that one of them at least is honest.
  if (told.filter((publisher) => publisher !== one).length > liars) return false;
  let [here, elsewhere] = [0, 0];
  for (const { publisher, looks } of own)
    if (publisher === one) here += looks;
    else elsewhere += looks;
  return elsewhere >= OWN_LOOKS || (hasOthers && here < ONE_LOOKS);
}

function mostTold(told: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const publisher of told) counts.set(publisher, (counts.get(publisher) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}
