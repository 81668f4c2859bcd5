/** What edges asked of each other since the process began, by what became of it. */
export interface TierTally {
  /** What this edge asked: `answered`, `none`, `failed`, `unusable`, `matched`, `doubted`, `lied`. */
  readonly asked: ReadonlyMap<string, number>;
  /** What it was asked: `answered`, `none`, or the code of a refusal. */
  readonly heard: ReadonlyMap<string, number>;
  readonly bytes: Readonly<Record<'received' | 'sent', number>>;
  ask(outcome: string): void;
  hear(outcome: string): void;
  moved(way: 'received' | 'sent', bytes: number): void;
}

export function createTierTally(): TierTally {
  const asked = new Map<string, number>();
  const heard = new Map<string, number>();
  const bytes = { received: 0, sent: 0 };
  return {
    asked,
    heard,
    bytes,
    ask: (outcome) => count(asked, outcome),
    hear: (outcome) => count(heard, outcome),
    moved(way, more) {
      bytes[way] += more;
    },
  };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
