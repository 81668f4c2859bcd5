import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorMessage } from '@media-network/runtime';
import { runH2Load } from '../load/h2load.ts';
import { runWrk } from '../load/wrk.ts';
import type { LoadResult } from '../load/wrk.ts';
import type { Machine } from '../machine/machine.ts';
import { startCommand } from '../servers/bench-server.ts';
import type { BenchProtocol, BenchServer, BenchSetting } from '../servers/bench-server.ts';
import { startFloor } from '../servers/floor.ts';
import { startPeers } from '../servers/peers.ts';
import type { SkippedPeer } from '../servers/peers.ts';
import { portOf, warm } from './ask.ts';
import { measureServer } from './measure.ts';
import type { Figures } from './measure.ts';
import { takeRounds } from './rounds.ts';
import type { Pair } from './rounds.ts';
import { rounded, spreadOf } from './spread.ts';
import type { Spread } from './spread.ts';
import { onStage } from './stage.ts';
import type { Stage } from './stage.ts';

export type EdgeBenchSize = '1K' | '64K' | '1M';

export interface EdgeBenchRow {
  /** `h2`: HTTP/2 over TLS, h2load with 16 connections of 16 streams; the others HTTP/1.1, wrk. */
  readonly protocol: BenchProtocol;
  readonly size: EdgeBenchSize;
  /** Requests per second of the server's processor time: ours, and the peer's. Medians. */
  readonly us: number;
  readonly peer: number;
  /** `floor`: a bare server of this runtime that writes the same bytes, prebuilt. */
  readonly peerName: string;
  /** Median of the pairs' ratios, ours to the peer's in the same round; null on a machine too busy to say. */
  readonly ratio: number | null;
  /** Of the pairs' ratios. */
  readonly spread: Spread | null;
  /** Pairs that count, and pairs that were thrown away because something else ran. */
  readonly rounds: number;
  readonly dropped: number;
  readonly busy: boolean;
  /** Latency, microseconds, with as many requests a second offered to both. Medians; 0 where it was not measured. */
  readonly p99Us: number;
  readonly p99Peer: number;
  /** Of the first half second, in which all connections are opened at once; not in the two above. */
  readonly openingP99Us: number;
  readonly openingP99Peer: number;
  /** That rate: 70 % of what the slower of the two does. */
  readonly rateP99: number;
}

export interface EdgeBenchResult {
  readonly name: string;
  readonly machine: Machine;
  readonly seconds: number;
  readonly rows: readonly EdgeBenchRow[];
  readonly skipped: readonly SkippedPeer[];
}

export interface BenchEdgeOptions {
  /** Starts what is measured; the front and cache alone by default. */
  readonly start?: (setting: BenchSetting) => Promise<BenchServer>;
  /** Length of one measurement. 3 s by default. */
  readonly seconds?: number;
  /** Interleaved rounds of which the median counts. 9 by default. */
  readonly rounds?: number;
  /** Of the latencies, which are measured after; a third of `rounds` by default, 0 leaves them out. */
  readonly latencyRounds?: number;
  /** Of wrk. 64 by default. */
  readonly connections?: number;
  readonly protocols?: readonly BenchProtocol[];
  readonly sizes?: readonly EdgeBenchSize[];
  /** nginx alone, or everything that can be had; the floor is there in any case. */
  readonly peers?: 'nginx' | 'all';
  /** Measure on a busy machine as well. */
  readonly anyway?: boolean;
  /** Gets progress, a line a call. */
  readonly say?: (line: string) => void;
}

const SIZES: Readonly<Record<EdgeBenchSize, number>> = { '1K': 1_024, '64K': 65_536, '1M': 1_048_576 };
/** Of the slower side's maximum, offered to both. */
const OFFERED = 0.7;
/** Rounds at most for each that is wanted. */
const PATIENCE = 3;

/** Cache hits side by side with other servers, each alone on one processor and the load on another. */
export function benchEdge(options: BenchEdgeOptions = {}): Promise<EdgeBenchResult> {
  const say = options.say ?? (() => undefined);
  const sizes = options.sizes ?? (['1K', '64K', '1M'] as const);
  const stageOptions = { sizes: sizes.map((size) => SIZES[size]), anyway: options.anyway ?? false, say };
  return onStage(stageOptions, async (stage) => {
    const us = stage.owns(await (options.start ?? startFrontAlone)(stage.setting));
    const { servers, skipped } = await startPeers(stage.setting, options.peers ?? 'nginx', say);
    for (const server of servers) stage.owns(server);
    const floors = new Map<EdgeBenchSize, BenchServer>();
    for (const size of sizes) {
      await warm(us, 'http', `/${SIZES[size]}`, SIZES[size]);
      floors.set(size, stage.owns(await startFloor(stage.setting, us, `/${SIZES[size]}`, SIZES[size])));
    }
    const rows: EdgeBenchRow[] = [];
    for (const protocol of options.protocols ?? (['http', 'https', 'h2'] as const)) {
      for (const size of sizes) {
        // Against nginx, h2load does not end a measurement of 256 streams of 1 MB.
        if (protocol === 'h2' && size === '1M') continue;
        const floor = floors.get(size);
        const peers = [...servers, ...(floor === undefined ? [] : [floor])].filter(
          ({ protocols }) => protocols?.includes(protocol) ?? true,
        );
        rows.push(...(await measureObject(stage, us, peers, protocol, size, options, say)));
      }
    }
    return { name: us.name, machine: stage.machine, seconds: options.seconds ?? 3, rows, skipped };
  });
}

/** The front and cache of this repository, without the rest of the edge. */
export function startFrontAlone(setting: BenchSetting): Promise<BenchServer> {
  const script = fileURLToPath(new URL('../servers/front-alone.ts', import.meta.url));
  return startCommand(setting, {
    name: 'front alone',
    command: [process.execPath, script, setting.origin, setting.certFile, setting.keyFile],
  });
}

/** The rows of one object over one protocol, one a peer. */
async function measureObject(
  stage: Stage,
  us: BenchServer,
  all: readonly BenchServer[],
  protocol: BenchProtocol,
  size: EdgeBenchSize,
  options: BenchEdgeOptions,
  say: (line: string) => void,
): Promise<EdgeBenchRow[]> {
  const { server, load } = stage.processors;
  const path = `/${SIZES[size]}`;
  await warm(us, protocol, path, SIZES[size]);
  const peers: BenchServer[] = [];
  for (const peer of all) {
    try {
      await warm(peer, protocol, path, SIZES[size]);
      peers.push(peer);
    } catch (error) {
      // One peer that cannot do one thing is no reason to measure nothing.
      say(`${protocol} ${size} without ${peer.name}: ${errorMessage(error)}`);
    }
  }
  const measure = (runLoad: (target: BenchServer) => Promise<LoadResult>) => (target: BenchServer) =>
    measureServer(target, [server, load], [], runLoad);
  const wanted = options.rounds ?? 9;
  const { tolerated } = stage;
  const most = await takeRounds({
    us,
    peers,
    measure: measure(fullLoad(stage, protocol, path, options)),
    rounds: wanted,
    maxRounds: wanted * PATIENCE,
    tolerated,
  });
  const rows: EdgeBenchRow[] = [];
  for (const [i, peer] of peers.entries()) {
    const pairs = most.pairs[i] ?? [];
    const rate = offeredRate(pairs);
    const latencyRounds = options.latencyRounds ?? Math.ceil(wanted / 3);
    const latencies =
      rate === 0 || latencyRounds === 0
        ? []
        : ((
            await takeRounds({
              us,
              peers: [peer],
              measure: measure(offeredLoad(stage, protocol, path, rate, options)),
              rounds: latencyRounds,
              maxRounds: latencyRounds * PATIENCE,
              tolerated,
            })
          ).pairs[0] ?? []);
    const row = rowOf({ protocol, size, peerName: peer.name }, pairs, wanted, most.dropped, latencies, rate);
    rows.push(row);
    say(lineOf(row));
  }
  return rows;
}

function offeredRate(pairs: readonly Pair<Figures>[]): number {
  const slower = Math.min(
    spreadOf(pairs.map(({ us }) => us.perSecond))?.median ?? 0,
    spreadOf(pairs.map(({ peer }) => peer.perSecond))?.median ?? 0,
  );
  return Math.floor(slower * OFFERED);
}

const middle = (values: readonly number[]): number => Math.round(spreadOf(values)?.median ?? 0);

/** A row from the pairs that count: busy, and without a ratio, where fewer than wanted were undisturbed. */
export function rowOf(
  of: Pick<EdgeBenchRow, 'protocol' | 'size' | 'peerName'>,
  pairs: readonly Pair<Figures>[],
  wanted: number,
  dropped: number,
  latencies: readonly Pair<Figures>[],
  rateP99: number,
): EdgeBenchRow {
  const busy = pairs.length < wanted;
  const ratios = spreadOf(pairs.map(({ us, peer }) => us.perCpuSecond / peer.perCpuSecond));
  const spread = busy || ratios === undefined ? null : rounded(ratios);
  return {
    protocol: of.protocol,
    size: of.size,
    us: middle(pairs.map(({ us }) => us.perCpuSecond)),
    peer: middle(pairs.map(({ peer }) => peer.perCpuSecond)),
    peerName: of.peerName,
    ratio: spread?.median ?? null,
    spread,
    rounds: pairs.length,
    dropped,
    busy,
    p99Us: middle(latencies.map(({ us }) => us.p99Us)),
    p99Peer: middle(latencies.map(({ peer }) => peer.p99Us)),
    openingP99Us: middle(latencies.map(({ us }) => us.openingP99Us)),
    openingP99Peer: middle(latencies.map(({ peer }) => peer.openingP99Us)),
    rateP99,
  };
}

function lineOf(row: EdgeBenchRow): string {
  const what = `${row.protocol} ${row.size} beside ${row.peerName}`;
  if (row.ratio === null || row.spread === null)
    return `${what}: busy, ${row.rounds} undisturbed rounds, ${row.dropped} disturbed`;
  return `${what}: ${row.us} and ${row.peer} requests a processor second, ratio ${row.ratio} (${row.spread.least} to ${row.spread.most}); p99 ${row.p99Us} and ${row.p99Peer} us at ${row.rateP99}/s, while connections open ${row.openingP99Us} and ${row.openingP99Peer}`;
}

type RunLoad = (server: BenchServer) => Promise<LoadResult>;

/** As many requests as there are answers for. */
function fullLoad(stage: Stage, protocol: BenchProtocol, path: string, options: BenchEdgeOptions): RunLoad {
  const { load } = stage.processors;
  const seconds = options.seconds ?? 3;
  return (server) => {
    if (protocol !== 'h2') {
      return runWrk({
        url: `${protocol}://127.0.0.1:${portOf(server, protocol)}${path}`,
        hostHeader: server.hostHeader,
        seconds,
        connections: options.connections ?? 64,
        processors: String(load),
      });
    }
    return runH2Load({ ...http2(stage, server, path), seconds });
  };
}

/** So many requests a second, by the same tool for every protocol: wrk offers no rate. */
function offeredLoad(
  stage: Stage,
  protocol: BenchProtocol,
  path: string,
  requestsPerSecond: number,
  options: BenchEdgeOptions,
): RunLoad {
  const seconds = options.seconds ?? 3;
  return (server) =>
    runH2Load({
      ...http2(stage, server, path),
      ...(protocol === 'h2'
        ? {}
        : {
            version: 'http1' as const,
            scheme: protocol,
            port: portOf(server, protocol),
            connections: options.connections ?? 64,
          }),
      seconds,
      requestsPerSecond,
    });
}

function http2(stage: Stage, server: BenchServer, path: string) {
  return {
    version: 'http2' as const,
    scheme: 'https' as const,
    port: portOf(server, 'h2'),
    host: server.hostHeader,
    path,
    connections: 16,
    streams: 16,
    processor: stage.processors.load,
    logFile: join(stage.setting.dir, 'h2load.log'),
  };
}
