export type { Mutant } from './mutants.ts';
export { chooseMutants, runMutants } from './run-mutants.ts';
export type { Fate, MutantOptions, MutantsResult } from './run-mutants.ts';
