export { MUTANTS } from './mutants.ts';
export type { Mutant } from './mutants.ts';
export { runMutants } from './run-mutants.ts';
export type { Fate, MutantOptions, MutantsResult } from './run-mutants.ts';
