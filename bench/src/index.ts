export { startCommand } from './servers/bench-server.ts';
export type { BenchProtocol, BenchServer, BenchSetting, CommandServer } from './servers/bench-server.ts';
export { benchEdge, startFrontAlone } from './edge/edge-bench.ts';
export type { BenchEdgeOptions, EdgeBenchResult, EdgeBenchRow, EdgeBenchSize } from './edge/edge-bench.ts';
export { benchWorkers } from './edge/workers-bench.ts';
export type { BenchWorkersOptions, WorkersRow } from './edge/workers-bench.ts';
export type { Spread } from './edge/spread.ts';
export { describeMachine, thisMachine } from './machine/machine.ts';
export type { Machine } from './machine/machine.ts';
export type { SkippedPeer } from './servers/peers.ts';
export { benchMiss, benchMix } from './edge/mix-bench.ts';
export type { BenchCompareOptions, CompareResult, CompareRow } from './edge/mix-bench.ts';
export { benchReaders } from './disk/readers-bench.ts';
export type { BenchReadersOptions, ReadersRow } from './disk/readers-bench.ts';
export { benchStart } from './disk/start-bench.ts';
export type { BenchStartOptions, StartRow } from './disk/start-bench.ts';
export { benchHits } from './hits/hits-bench.ts';
export type { BenchHitsOptions, HitsRow } from './hits/hits-bench.ts';
export { benchCommands } from './start/commands-bench.ts';
export type {
  CommandRow,
  CommandsBenchOptions,
  CommandsBenchResult,
  RunTimes,
  ShortCommand,
} from './start/commands-bench.ts';
export { benchIdle } from './idle-bench.ts';
export type { IdleBenchOptions, IdleCase, IdleNetwork, IdleRow } from './idle-bench.ts';
export { benchKills } from './steady/kills.ts';
export type { BenchKillsOptions, KillsRow } from './steady/kills.ts';
export type { OpenSteadyNetwork, SteadyEdge, SteadyNetwork, SteadySetting } from './steady/steady-edge.ts';
export { benchMixed } from './steady/mixed-load.ts';
export type { BenchMixedOptions, MixedRow } from './steady/mixed-load.ts';
export { benchIdleConnections } from './steady/idle-connections.ts';
export type {
  BenchIdleConnectionsOptions,
  IdleRow as IdleConnectionsRow,
} from './steady/idle-connections.ts';
export { benchFailingDisk } from './steady/failing-disk.ts';
export type { BenchFailingDiskOptions, DiskRow } from './steady/failing-disk.ts';
export { benchDns } from './dns/dns-bench.ts';
export type { DnsBenchOptions, DnsMode, DnsRow } from './dns/dns-bench.ts';
export { simulate } from './peerpool/simulate.ts';
export type { SimulationOptions, SimulationResult } from './peerpool/simulate.ts';
export { benchBrowsers } from './peerpool/browser/browser-bench.ts';
export type { BrowserBenchOptions, ContentServer } from './peerpool/browser/browser-bench.ts';
export type { BrowserRow } from './peerpool/browser/rows.ts';
export { SCENARIOS } from './peerpool/browser/scenarios.ts';
export type { ScenarioName } from './peerpool/browser/scenarios.ts';
export { LIVE_MODES, benchLive } from './live/live-bench.ts';
export type { LiveMode, LiveRow, LiveSetting, LiveStage } from './live/live-bench.ts';
export { benchAudience } from './live/audience-bench.ts';
export type { AudienceRow, AudienceStage } from './live/audience-bench.ts';
export { benchPlayers } from './live/players-bench.ts';
export type { PlayerRow } from './live/players-bench.ts';
export { benchRelays } from './live/relay-bench.ts';
export type { RelayRow } from './live/relay-bench.ts';
export { benchPaths } from './paths/paths-bench.ts';
export type { PathsBenchOptions, PathsNetwork, PathsResult, PathsSetting } from './paths/paths-bench.ts';
export { CHOICES } from './paths/rows.ts';
export type { Choice, PathsRow, PlaceRow } from './paths/rows.ts';
export { plotPaths } from './paths/plot.ts';
export { startBytesOrigin } from './paths/bytes-origin.ts';
