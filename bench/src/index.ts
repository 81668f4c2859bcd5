export { startCommand } from './bench-server.ts';
export type { BenchServer, BenchSetting, CommandServer } from './bench-server.ts';
export { benchEdge, startFrontAlone } from './edge-bench.ts';
export type { BenchEdgeOptions, EdgeBenchResult, EdgeBenchRow } from './edge-bench.ts';
