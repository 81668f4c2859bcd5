import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../hits/trace.ts';
import { createAsker } from './ask-known.ts';
import { onSteadyStage, untilServed } from './steady-edge.ts';
import type { SteadyOptions, SteadyEdge } from './steady-edge.ts';
import { createTellTally } from './tally.ts';
import type { ToldCounts } from './tally.ts';

export interface DiskRow extends ToldCounts {
  /** `full`: a file system of 6 MB; `read-only`: one that refuses every write; `removed`: its folder is deleted while it is used. */
  readonly fault: 'full' | 'read-only' | 'removed';
  /** Set where this machine does not let us make one. */
  readonly skipped?: string;
  /** Whether the edge said at some time that its disk is out of use. */
  readonly degraded: boolean;
  readonly words: readonly string[];
  readonly ok: boolean;
}

export interface BenchFailingDiskOptions extends SteadyOptions {
  readonly seconds?: number;
}

const VIEWERS = 8;
const DISK_BYTES = 6_000_000;
const SIZES = [400, 20_000, 200_000, 1_500_000];
const OBJECTS = 300;
const NOTHING: ToldCounts = { right: 0, hits: 0, cut: 0, left: 0, refusedByOrigin: 0, refused: 0, wrong: 0 };

/** A disk that fails while an edge serves: viewers get every byte all the same. */
export async function benchFailingDisk(options: BenchFailingDiskOptions): Promise<readonly DiskRow[]> {
  const { open, seconds = 15, seed = 1, say = () => undefined } = options;
  return await onSteadyStage({ seed, open, say }, async (network) => {
    const rows: DiskRow[] = [];
    for (const fault of ['full', 'read-only', 'removed'] as const) {
      const row = await underFault(network, fault, { seconds, seed, say });
      say(`disk ${fault}: ${row.skipped ?? `${row.right} right, ${row.wrong} wrong`}`);
      rows.push(row);
    }
    return rows;
  });
}

async function underFault(
  network: { readonly cacheDir: string; start(): Promise<SteadyEdge> },
  fault: DiskRow['fault'],
  { seconds, seed, say }: Required<Omit<BenchFailingDiskOptions, 'open'>>,
): Promise<DiskRow> {
  const dir = network.cacheDir;
  const mounts = fault !== 'removed';
  mkdirSync(dir, { recursive: true });
  if (mounts && !mount(['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'media-steady', dir]))
    return {
      ...NOTHING,
      fault,
      skipped: 'this user may not mount a file system',
      degraded: false,
      words: [],
      ok: true,
    };
  try {
    const edge = await network.start();
    const first = createAsker(edge, 'http');
    try {
      await untilServed(first);
      first.close();
      const tally = createTellTally(say);
      let degraded = false;
      const watching = setInterval(() => {
        // What is not answered now is asked again.
        edge.metric('cache_degraded').then(
          (value) => (degraded ||= value === 1),
          () => undefined,
        );
      }, 500);
      const breaking = setTimeout(
        () => {
          if (fault === 'read-only') mount(['-o', 'remount,ro', dir]);
          // The edge goes on writing meanwhile.
          if (fault === 'removed')
            for (const name of readdirSync(dir))
              rmSync(join(dir, name), { recursive: true, force: true, maxRetries: 50, retryDelay: 10 });
        },
        (seconds * 1_000) / 3,
      );
      await view(edge, seconds, seededRandom(seed), tally);
      clearInterval(watching);
      clearTimeout(breaking);
      const { counts, words } = tally;
      return {
        ...counts,
        fault,
        degraded,
        words,
        ok: counts.wrong + counts.refused + counts.cut === 0 && counts.right > 0,
      };
    } finally {
      await edge.stop();
    }
  } finally {
    if (mounts) spawnSync('umount', [dir], { stdio: 'ignore' });
  }
}

async function view(
  edge: SteadyEdge,
  seconds: number,
  random: () => number,
  tally: ReturnType<typeof createTellTally>,
): Promise<void> {
  const end = performance.now() + seconds * 1_000;
  const viewer = async (): Promise<void> => {
    const asker = createAsker(edge, 'http');
    while (performance.now() < end) {
      const no = Math.floor(random() * OBJECTS);
      const path = `/keep/${SIZES[no % SIZES.length] ?? 0}/disk-${no}`;
      tally.told(path, await asker.ask({ method: 'GET', path }));
    }
    asker.close();
  };
  await Promise.all(Array.from({ length: VIEWERS }, viewer));
}

function mount(args: readonly string[]): boolean {
  return spawnSync('mount', args, { stdio: 'ignore' }).status === 0;
}
