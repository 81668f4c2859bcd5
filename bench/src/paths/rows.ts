/**
 * Where a viewer asks: the origin itself, an edge at random, the one that guards name by the table of countries alone, the one that they name
 * when pages have measured, or the one that is nearest on the map.
 */
export type Choice = 'origin' | 'random' | 'countries' | 'steered' | 'nearest';

export const CHOICES: readonly Choice[] = ['origin', 'random', 'countries', 'steered', 'nearest'];

export interface Sample {
  readonly choice: Choice;
  readonly place: string;
  /** Whether edges had it: what they have not they ask the origin for first. */
  readonly kept: boolean;
  readonly ms: number;
}

/** Milliseconds until the first byte. */
export interface Waited {
  readonly medianMs: number;
  readonly p95Ms: number;
}

export interface PathsRow {
  readonly choice: Choice;
  /** Of what edges keep. */
  readonly kept: Waited;
  /** Of what nobody asked for before. */
  readonly fresh: Waited;
  readonly answers: number;
}

export interface PlaceRow {
  readonly place: string;
  /** Of what edges keep. */
  readonly medianMs: Readonly<Record<Choice, number>>;
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** The value that such a part of all lies at or below; 0 of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

function waited(samples: readonly Sample[]): Waited {
  const all = samples.map(({ ms }) => ms);
  return { medianMs: tenth(quantile(all, 0.5)), p95Ms: tenth(quantile(all, 0.95)) };
}

export function rowsOf(samples: readonly Sample[]): {
  readonly rows: readonly PathsRow[];
  readonly places: readonly PlaceRow[];
} {
  const rows = CHOICES.map((choice): PathsRow => {
    const of = samples.filter((each) => each.choice === choice);
    return {
      choice,
      kept: waited(of.filter(({ kept }) => kept)),
      fresh: waited(of.filter(({ kept }) => !kept)),
      answers: of.length,
    };
  });
  const places = [...new Set(samples.map(({ place }) => place))].map((place): PlaceRow => {
    const medianOf = (choice: Choice): number =>
      waited(samples.filter((each) => each.place === place && each.choice === choice && each.kept)).medianMs;
    return {
      place,
      // One number for each choice, as the list of them has it.
      medianMs: Object.fromEntries(CHOICES.map((choice) => [choice, medianOf(choice)])) as Record<
        Choice,
        number
      >,
    };
  });
  return { rows, places };
}
