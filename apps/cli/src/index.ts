export { runCli } from './run.ts';
export type { RunDeps } from './run.ts';
