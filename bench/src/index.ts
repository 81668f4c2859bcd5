export { startCommand } from './bench-server.ts';
export type { BenchServer, BenchSetting, CommandServer } from './bench-server.ts';
export { benchEdge, startFrontAlone } from './edge-bench.ts';
export { benchIdle } from './idle-bench.ts';
export type { IdleBenchOptions, IdleCase, IdleNetwork, IdleRow } from './idle-bench.ts';
export type { BenchEdgeOptions, EdgeBenchResult, EdgeBenchRow } from './edge-bench.ts';
