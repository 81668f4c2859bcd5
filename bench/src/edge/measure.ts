import { MediaError } from '@media-network/runtime';
import type { LoadResult } from '../load/wrk.ts';
import { TOLERATED, watchProcessors } from '../machine/disturbance.ts';
import { cpuSeconds, processTree } from '../machine/process-tree.ts';
import type { BenchServer } from '../servers/bench-server.ts';
import type { Taken } from './rounds.ts';

/** What one measurement of one server says. */
export interface Figures {
  /** Requests for a second of the server's processor time. */
  readonly perCpuSecond: number;
  /** Requests for a second by the clock. */
  readonly perSecond: number;
  /** Processor time for one request, microseconds. */
  readonly cpuUs: number;
  readonly p99Us: number;
  /** Of what was sent while connections were being opened; 0 where the load does not tell it apart. */
  readonly openingP99Us: number;
}

const NOTHING: Figures = { perCpuSecond: 0, perSecond: 0, cpuUs: 0, p99Us: 0, openingP99Us: 0 };
/** Failed requests that do not spoil a measurement: one in so many. */
const FAILED_ONE_IN = 1_000;
/** What /proc tells at least: a hundredth of a second. */
const LEAST_CPU_SECONDS = 0.01;

/** Runs a load against a server and watches both, and what else uses the processors meanwhile. */
export async function measureServer(
  server: BenchServer,
  processors: readonly number[],
  /** Processes that belong to the measurement beside the server: the origin, where it is asked. */
  besides: readonly number[],
  runLoad: (server: BenchServer) => Promise<LoadResult>,
): Promise<Taken<Figures>> {
  const pids = processTree(server.pid);
  const watch = watchProcessors(processors, [...pids, ...besides]);
  const before = cpuSeconds(pids);
  const begun = performance.now();
  const load = await runLoad(server).catch((error: unknown) => {
    // On a busy machine a load may end without a word; on a quiet one that is a fault to be seen.
    if (watch.disturbed() > TOLERATED) return undefined;
    throw error;
  });
  const seconds = (performance.now() - begun) / 1_000;
  const used = Math.max(cpuSeconds(pids) - before, LEAST_CPU_SECONDS);
  const disturbed = watch.disturbed();
  const failed = load !== undefined && load.errors > load.requests / FAILED_ONE_IN;
  // Whatever is tolerated: this is no figure. The round is taken again, or the row says that it was too busy.
  if (load === undefined || load.requests === 0 || (failed && disturbed > TOLERATED))
    return { value: NOTHING, disturbed: Number.POSITIVE_INFINITY };
  if (failed) {
    throw new MediaError({
      code: 'bench/load-failed',
      message: `${server.name} failed ${load.errors} of ${load.requests} requests.`,
      source: 'internal',
    });
  }
  return {
    value: {
      perCpuSecond: load.requests / used,
      perSecond: load.requests / seconds,
      cpuUs: (used * 1e6) / load.requests,
      ...(await load.latency()),
    },
    disturbed,
  };
}
