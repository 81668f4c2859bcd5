import { runWrk } from '../load/wrk.ts';
import type { Machine } from '../machine/machine.ts';
import type { BenchServer, BenchSetting } from '../servers/bench-server.ts';
import { portOf, warm } from './ask.ts';
import { measureServer } from './measure.ts';
import { takeRounds } from './rounds.ts';
import { rounded, spreadOf } from './spread.ts';
import type { Spread } from './spread.ts';
import { onStage } from './stage.ts';

export interface WorkersRow {
  readonly protocol: 'http' | 'https';
  readonly size: '1K' | '64K';
  readonly workers: number;
  /** Requests a second by the clock of so many workers, and of one; the load runs on the same processors. Medians. */
  readonly many: number;
  readonly one: number;
  /** Of the pairs; null on a machine too busy to say. */
  readonly ratio: Spread | null;
  /** The same for one second of all the edge's processor time: times `workers`, it is what processors of their own would bring. */
  readonly cpuRatio: Spread | null;
  readonly rounds: number;
  readonly dropped: number;
  readonly busy: boolean;
}

export interface BenchWorkersOptions {
  /** Starts an edge with `setting.workers` workers. */
  readonly start: (setting: BenchSetting) => Promise<BenchServer>;
  readonly workers: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly anyway: boolean;
  readonly say: (line: string) => void;
}

const OBJECTS = [
  ['http', '1K', 1_024],
  ['http', '64K', 65_536],
  ['https', '1K', 1_024],
  ['https', '64K', 65_536],
] as const;
const PATIENCE = 3;

/** An edge of several workers beside one of one, in turns, both free to use both processors. */
export function benchWorkers(
  options: BenchWorkersOptions,
): Promise<{ readonly machine: Machine; readonly rows: readonly WorkersRow[] }> {
  const { workers, seconds, rounds: wanted, say } = options;
  const stageOptions = { sizes: [1_024, 65_536], anyway: options.anyway, say };
  return onStage(stageOptions, async (stage) => {
    const { server, load } = stage.processors;
    const both = `${server},${load}`;
    const setting = { ...stage.setting, pin: ['taskset', '-c', both] };
    const many = stage.owns(await options.start({ ...setting, workers }));
    const one = stage.owns(await options.start({ ...setting, workers: 1 }));
    const rows: WorkersRow[] = [];
    for (const [protocol, size, bytes] of OBJECTS) {
      const path = `/${bytes}`;
      for (const each of [many, one]) await warm(each, protocol, path, bytes);
      const { pairs, dropped } = await takeRounds({
        us: many,
        peers: [one],
        measure: (target) =>
          measureServer(target, [server, load], [], () =>
            runWrk({
              url: `${protocol}://127.0.0.1:${portOf(target, protocol)}${path}`,
              hostHeader: target.hostHeader,
              seconds,
              connections: 64,
              processors: both,
              threads: 2,
            }),
          ),
        rounds: wanted,
        maxRounds: wanted * PATIENCE,
        tolerated: stage.tolerated,
      });
      const taken = pairs[0] ?? [];
      const busy = taken.length < wanted;
      const ofPairs = (field: 'perSecond' | 'perCpuSecond'): Spread | null => {
        const spread = spreadOf(taken.map(({ us, peer }) => us[field] / peer[field]));
        return busy || spread === undefined ? null : rounded(spread);
      };
      const row = {
        protocol,
        size,
        workers,
        many: Math.round(spreadOf(taken.map(({ us }) => us.perSecond))?.median ?? 0),
        one: Math.round(spreadOf(taken.map(({ peer }) => peer.perSecond))?.median ?? 0),
        ratio: ofPairs('perSecond'),
        cpuRatio: ofPairs('perCpuSecond'),
        rounds: taken.length,
        dropped,
        busy,
      };
      rows.push(row);
      say(`${protocol} ${size}: ${row.many} and ${row.one} requests a second`);
    }
    return { machine: stage.machine, rows };
  });
}
