import type { PurgeTarget } from './store.ts';

/** Remembers recent purges, so that a fill begun before one and stored after it is recognised. */
export interface PurgeLog {
  readonly generation: number;
  add(matches: (target: PurgeTarget) => boolean): void;
  /** Whether a purge since `generation` matches; so long ago that nobody remembers counts as yes. */
  beats(generation: number, target: PurgeTarget): boolean;
}

const REMEMBERED = 1_024;

export function createPurgeLog(): PurgeLog {
  let generation = 0;
  const recent: { readonly generation: number; readonly matches: (target: PurgeTarget) => boolean }[] = [];
  return {
    get generation() {
      return generation;
    },
    add(matches) {
      generation += 1;
      recent.push({ generation, matches });
      if (recent.length > REMEMBERED) recent.shift();
    },
    beats(since, target) {
      if (since === generation) return false;
      const oldest = recent[0]?.generation ?? generation;
      if (since < oldest - 1) return true;
      return recent.some((purge) => purge.generation > since && purge.matches(target));
    },
  };
}
