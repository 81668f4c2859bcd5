import { seededRandom } from '../hits/trace.ts';
import { createAsker } from './ask-known.ts';
import { createKillBooks } from './kill-books.ts';
import { onSteadyStage, untilServed } from './steady-edge.ts';
import type { SteadyOptions } from './steady-edge.ts';
import { createTellTally } from './tally.ts';
import type { ToldCounts } from './tally.ts';

export interface KillsRow extends ToldCounts {
  readonly kills: number;
  readonly seed: number;
  /** Objects of earlier lives that were asked for first of all after a start, and how many of those the cache had. */
  readonly askedAfterStart: number;
  readonly hitsAfterStart: number;
  /** Lives whose committed bytes were read. */
  readonly commits: number;
  /** Kills with answers under way. */
  readonly killedUnderWay: number;
  /** What the edge committed to last, and what viewers have received in all. */
  readonly committedBytes: string;
  readonly receivedBytes: string;
  /** Median, from the process's start to its first right answer. */
  readonly startMs: number;
  /** The first of what was not right. */
  readonly words: readonly string[];
  readonly ok: boolean;
}

export interface BenchKillsOptions extends SteadyOptions {
  readonly kills?: number;
}

const VIEWERS = 6;
const OBJECTS = 400;
/** Small ones go to the disk under their final name in one write, large ones through a temporary file. */
const SIZES = [400, 4_000, 30_000, 90_000, 300_000, 1_200_000];
const PROBES = 12;
/** A life ends in the midst of what comes after so many answers. */
const LEAST_ANSWERS = 4;
const MOST_ANSWERS = 80;
const MOMENT_MS = 20;
/** Counters are committed to by the sample: a life is to see the end of one. */
const SAMPLE_SECS = 2;

/**
 * Kills an edge again and again while it fills its cache and serves, and starts it in the same folder. After each
 * start what it has is compared with the origin's, and what it says it has served with what viewers have seen.
 */
export function benchKills(options: BenchKillsOptions): Promise<KillsRow> {
  const { kills = 200, seed = 1, say = () => undefined } = options;
  const random = seededRandom(seed);
  return onSteadyStage({ seed, open: options.open, say, sampleSecs: SAMPLE_SECS }, async (network) => {
    const tally = createTellTally(say);
    const books = createKillBooks((why) => tally.wrong(why));
    const known = new Set<string>();
    const starts: number[] = [];
    let [askedAfterStart, hitsAfterStart, killedUnderWay] = [0, 0, 0];
    for (let life = 0; life <= kills; life += 1) {
      // One life more than kills counted: what the last kill left is looked at, too.
      const began = performance.now();
      const edge = await network.start();
      const askers = Array.from({ length: VIEWERS }, () => createAsker(edge, 'http'));
      const probe = createAsker(edge, 'http');
      await untilServed(probe, (told) => books.heard(told));
      starts.push(performance.now() - began);
      for (const path of someOf(known, PROBES, random)) {
        const told = await probe.ask({ method: 'GET', path });
        tally.told(path, told);
        books.heard(told);
        askedAfterStart += 1;
        if (told.kind === 'right' && told.hit) hitsAfterStart += 1;
      }
      const answers = Math.round(LEAST_ANSWERS + random() * (MOST_ANSWERS - LEAST_ANSWERS));
      const commitAt = Math.round(answers * random());
      let answered = 0;
      let committing: Promise<void> | undefined;
      const enough = Promise.withResolvers<void>();
      const killing = new AbortController();
      let underWay = 0;
      const viewers = askers.map(async (asker) => {
        while (!killing.signal.aborted) {
          const path = objectPath(random);
          underWay += 1;
          const told = await asker.ask({ method: 'GET', path });
          underWay -= 1;
          // What the kill refused or cut is no fault.
          if (killing.signal.aborted && told.kind !== 'wrong') return;
          tally.told(path, told);
          books.heard(told);
          if (told.kind === 'right') known.add(path);
          answered += 1;
          if (answered >= commitAt) committing ??= books.read(edge);
          if (answered >= answers) enough.resolve();
          if (told.kind === 'cut') return;
        }
      });
      await Promise.race([enough.promise, Promise.all(viewers)]);
      // In every other life it is killed when it has said what it counted, in the others perhaps before.
      if (life % 2 === 0) await committing;
      await new Promise((resolve) => setTimeout(resolve, random() * MOMENT_MS));
      killing.abort();
      if (underWay > 0) killedUnderWay += 1;
      await edge.kill();
      await Promise.all([...viewers, committing]);
      books.ended([...askers, probe]);
      for (const asker of [...askers, probe]) asker.close();
      if (life % 5 === 4)
        say(
          `${life + 1} lives, ${tally.counts.right} right answers, ${tally.counts.wrong} wrong, ${hitsAfterStart} of ${askedAfterStart} found again, ${books.now().commits} commits`,
        );
    }
    const { commits, committed, received } = books.now();
    return {
      ...tally.counts,
      kills,
      seed,
      askedAfterStart,
      hitsAfterStart,
      commits,
      killedUnderWay,
      committedBytes: String(committed),
      receivedBytes: String(received),
      startMs: Math.round(starts.toSorted((a, b) => a - b)[starts.length >> 1] ?? 0),
      words: tally.words,
      ok: tally.counts.wrong === 0 && hitsAfterStart > 0 && commits > 0,
    };
  });
}

function objectPath(random: () => number): string {
  const no = Math.floor(random() ** 2 * OBJECTS);
  // One size for a name, so that an object is the same in every life.
  const bytes = SIZES[no % SIZES.length] ?? 0;
  return random() < 0.15 ? `/short/${bytes}/${no}` : `/keep/${bytes}/${no}`;
}

function someOf(paths: ReadonlySet<string>, count: number, random: () => number): readonly string[] {
  const all = [...paths];
  return Array.from(
    { length: Math.min(count, all.length) },
    () => all[Math.floor(random() * all.length)] ?? '',
  );
}
