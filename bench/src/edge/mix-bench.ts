import { objectBytes, seededRandom, zipf } from '../hits/trace.ts';
import { runWrk } from '../load/wrk.ts';
import type { Machine } from '../machine/machine.ts';
import type { BenchServer, BenchSetting } from '../servers/bench-server.ts';
import { startNginx } from '../servers/nginx.ts';
import { warm } from './ask.ts';
import { fillCache } from './fill-cache.ts';
import { measureServer } from './measure.ts';
import type { Figures } from './measure.ts';
import { freshScript, pathsScript } from './request-scripts.ts';
import { takeRounds } from './rounds.ts';
import type { Pair } from './rounds.ts';
import { rounded, spreadOf } from './spread.ts';
import type { Spread } from './spread.ts';
import { onStage } from './stage.ts';
import type { Stage } from './stage.ts';

export interface CompareRow {
  /** What is compared with what. */
  readonly name: string;
  readonly objectBytes: number;
  /** Requests for a second of the server's processor time; medians. */
  readonly us: number;
  readonly peer: number;
  readonly peerName: string;
  /** Of the pairs, ours to the peer's; null on a machine too busy to say. */
  readonly ratio: Spread | null;
  /** Processor time for one request, microseconds; medians. */
  readonly usCpuUs: number;
  readonly peerCpuUs: number;
  readonly rounds: number;
  readonly dropped: number;
  readonly busy: boolean;
}

export interface BenchCompareOptions {
  readonly start: (setting: BenchSetting) => Promise<BenchServer>;
  readonly seconds: number;
  readonly rounds: number;
  readonly anyway: boolean;
  readonly say: (line: string) => void;
}

export interface CompareResult {
  readonly machine: Machine;
  readonly rows: readonly CompareRow[];
}

const OBJECTS = 100_000;
const ALPHA = 1;
/** With these the objects take some 700 MB together, and the mean of what is asked for is a few KB. */
const MEDIAN_BYTES = 2_048;
const RAM_BYTES = 2 * 2 ** 30;
/** Requests drawn; the load begins again after them. */
const DRAWN = 262_144;
const MISS_BYTES = 4_096;
const PATIENCE = 3;

/** Paths of requests for objects of a web's sizes in a Zipf mix. The same for the same seed. */
export function mixPaths(
  objects: number,
  drawn: number,
  seed: number,
): { readonly paths: readonly string[]; readonly meanBytes: number } {
  const random = seededRandom(seed);
  const sizes = Array.from({ length: objects }, () => objectBytes(random, MEDIAN_BYTES));
  const draw = zipf(objects, ALPHA, random);
  let sum = 0;
  const paths = Array.from({ length: drawn }, () => {
    const object = draw();
    const bytes = sizes[object] ?? 0;
    sum += bytes;
    return `/${bytes}/${object}`;
  });
  return { paths, meanBytes: Math.round(sum / drawn) };
}

interface Side {
  readonly server: BenchServer;
  readonly script?: () => readonly [string, ...string[]];
  readonly path: string;
  /** Whether the origin works for it. */
  readonly asksOrigin?: true;
}

/** Hits among a hundred thousand objects of a Zipf mix, beside one hot object of the same mean length, and nginx. */
export function benchMix(options: BenchCompareOptions): Promise<CompareResult> {
  return onStage({ ...options, sizes: [] }, async (stage) => {
    const us = stage.owns(await options.start({ ...stage.setting, ramBytes: RAM_BYTES }));
    const nginx = stage.owns(await startNginx(stage.setting));
    const { paths, meanBytes } = mixPaths(OBJECTS, DRAWN, 1);
    const distinct = [...new Set(paths)];
    for (const server of [us, nginx]) {
      options.say(`filling ${server.name} with ${distinct.length} objects`);
      await fillCache(server, distinct);
      await warm(server, 'http', `/${meanBytes}`, meanBytes);
    }
    const script = pathsScript(stage.setting.dir, paths);
    const mix = { script: () => script, path: '/' };
    const rows = await compare(stage, options, { server: us, ...mix }, [
      { name: 'mix, beside one hot object', side: { server: us, path: `/${meanBytes}` } },
      { name: 'mix, beside nginx', side: { server: nginx, ...mix } },
    ]);
    return { machine: stage.machine, rows: rows.map((row) => ({ ...row, objectBytes: meanBytes })) };
  });
}

/** What was never asked for: fetched from the origin, delivered and kept. Beside nginx, which does the same. */
export function benchMiss(options: BenchCompareOptions): Promise<CompareResult> {
  return onStage({ ...options, sizes: [] }, async (stage) => {
    const us = stage.owns(await options.start(stage.setting));
    const nginx = stage.owns(await startNginx(stage.setting));
    let runs = 0;
    const side = (server: BenchServer): Side => ({
      server,
      path: '/',
      asksOrigin: true,
      script: () => freshScript(stage.setting.dir, `/${MISS_BYTES}/${(runs += 1)}-`),
    });
    const rows = await compare(stage, options, side(us), [{ name: 'miss, beside nginx', side: side(nginx) }]);
    return { machine: stage.machine, rows: rows.map((row) => ({ ...row, objectBytes: MISS_BYTES })) };
  });
}

async function compare(
  stage: Stage,
  options: BenchCompareOptions,
  us: Side,
  peers: readonly { readonly name: string; readonly side: Side }[],
): Promise<Omit<CompareRow, 'objectBytes'>[]> {
  const { server, load } = stage.processors;
  const { pairs, dropped } = await takeRounds({
    us,
    peers: peers.map(({ side }) => side),
    measure: (side) =>
      measureServer(
        side.server,
        [server, load],
        side.asksOrigin === true ? [stage.originPid] : [],
        (target) =>
          runWrk({
            url: `http://127.0.0.1:${target.httpPort}${side.path}`,
            hostHeader: target.hostHeader,
            seconds: options.seconds,
            connections: 64,
            processors: String(load),
            ...(side.script === undefined ? {} : { script: side.script() }),
          }),
      ),
    rounds: options.rounds,
    maxRounds: options.rounds * PATIENCE,
    tolerated: stage.tolerated,
  });
  return peers.map(({ name, side }, i) => {
    const row = compareRow(name, side.server.name, pairs[i] ?? [], options.rounds, dropped);
    options.say(`${name}: ${row.us} and ${row.peer} requests a processor second`);
    return row;
  });
}

/** A row without a ratio where fewer pairs than wanted were undisturbed. */
export function compareRow(
  name: string,
  peerName: string,
  pairs: readonly Pair<Figures>[],
  wanted: number,
  dropped: number,
): Omit<CompareRow, 'objectBytes'> {
  const busy = pairs.length < wanted;
  const middle = (side: 'us' | 'peer', field: 'perCpuSecond' | 'cpuUs'): number =>
    spreadOf(pairs.map((pair) => pair[side][field]))?.median ?? 0;
  const spread = spreadOf(pairs.map(({ us, peer }) => us.perCpuSecond / peer.perCpuSecond));
  return {
    name,
    us: Math.round(middle('us', 'perCpuSecond')),
    peer: Math.round(middle('peer', 'perCpuSecond')),
    peerName,
    ratio: busy || spread === undefined ? null : rounded(spread),
    usCpuUs: Math.round(middle('us', 'cpuUs') * 10) / 10,
    peerCpuUs: Math.round(middle('peer', 'cpuUs') * 10) / 10,
    rounds: pairs.length,
    dropped,
    busy,
  };
}
