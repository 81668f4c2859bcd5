import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { chooseMutants, runMutants } from './run-mutants.ts';

it('says how far it has come where it is ended', async () => {
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  const told: string[] = [];
  const run = { root, signal: AbortSignal.abort(), onFate: ({ name }: { name: string }) => told.push(name) };
  expect(await runMutants(run)).toEqual({ tried: 0, of: MUTANTS.length, survived: [] });
  expect(told).toEqual([]);
});

it('chooses by a part of the name', () => {
  expect(chooseMutants(['two thirds are enough']).map(({ name }) => name)).toEqual(['two thirds are enough']);
  expect(chooseMutants()).toHaveLength(MUTANTS.length);
});
