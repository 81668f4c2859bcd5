import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { COMMANDS } from '../src/command-tree.ts';
import { loadedFiles } from './loaded-files.ts';

// What makes a short command short is what it does not load. That is counted here, the same on every machine;
// how long it takes is measured by `media bench start`.
vi.setConfig({ testTimeout: 240_000 });

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-start-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Nothing that only looks or explains has a use for these: the client of the chain, the daemons, the log, the tools. */
const HEAVY = [
  /^node_modules\/@solana\/kit\//,
  /^node_modules\/(pino|ws|undici|litesvm|prom-client|playwright)/,
  /^node_modules\/@opentelemetry\//,
  /^packages\/(chain\/src\/(index|client)|localnet|http-cache|http-front|audit|viewer)/,
  /^(packages\/vouch|apps\/(devnet\/src\/(index|devnet)|(edge|guard)\/src\/(index|main)|lab))/,
  /^bench\//,
];

const heavyIn = (files: readonly string[]): readonly string[] =>
  files.filter((file) => HEAVY.some((each) => each.test(file)));

test.each([
  { args: ['--version'], files: 30, kilobytes: 200 },
  { args: ['--help'], files: 30, kilobytes: 200 },
  { args: ['wallet', 'list'], files: 55, kilobytes: 430 },
  { args: ['wallet', '--help'], files: 55, kilobytes: 430 },
  // Typed with every press of the tab key.
  { args: ['complete', '--', 'wallet'], files: 65, kilobytes: 500 },
  { args: ['explain', 'edge/no-settings'], files: 44, kilobytes: 350 },
])('media $args loads at most $files files of $kilobytes KB', ({ args, files, kilobytes }) => {
  const loaded = loadedFiles(args, dir);
  expect(loaded.code).toBe(0);
  expect(loaded.files).toContain('apps/cli/src/main.ts');
  expect(heavyIn(loaded.files)).toEqual([]);
  expect(loaded.files.length).toBeLessThanOrEqual(files);
  expect(loaded.bytes).toBeLessThanOrEqual(kilobytes * 1_000);
});

test.each(COMMANDS.map(({ name }) => name))('media %s --help loads what it takes to explain it', (name) => {
  const loaded = loadedFiles([name, '--help'], dir);
  expect(loaded.code).toBe(0);
  expect(heavyIn(loaded.files)).toEqual([]);
  // The options of a daemon come from its own schema.
  const daemon = ['edge', 'guard', 'server'].includes(name);
  expect(loaded.files.length).toBeLessThanOrEqual(daemon ? 160 : 120);
  expect(loaded.bytes).toBeLessThanOrEqual(daemon ? 1_200_000 : 740_000);
});

test('what is counted is all there is: a command that needs the client of the chain loads it', () => {
  const { files } = loadedFiles(['pool', 'show', '--url', 'http://127.0.0.1:1'], dir);
  expect(heavyIn(files)).toContain('packages/chain/src/index.ts');
  expect(heavyIn(files).some((file) => file.startsWith('node_modules/@solana/kit/'))).toBe(true);
});
