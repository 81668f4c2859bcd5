import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { everyCommand } from './every-command.ts';
import { cli } from './in-process.ts';

// A command line is a second's work on a quiet machine, and ten where others are at theirs.
vi.setConfig({ testTimeout: 240_000 });

let devnet: Devnet;
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'media-examples-'));
  devnet = await createDevnet({
    dir: join(work, '.medianet'),
    periods: 'fast',
    guards: 1,
    edges: 1,
    https: true,
  });
  // What the examples take for granted: a node's wallet with SOL and LP, and a keypair file of another program's.
  for (const name of ['edge-4', 'guard-4']) {
    await cli(['wallet', 'new', name], { cwd: work });
    await cli(['wallet', 'airdrop', '2', name], { cwd: work });
    await cli(['wallet', 'send', '120', 'lp', name, '--keypair', 'treasury'], { cwd: work });
  }
  await cli(['wallet', 'new', 'other', '--dir', join(work, 'elsewhere')], { cwd: work });
  await writeFile(join(work, 'notes.txt'), '');
}, 240_000);

afterAll(async () => {
  await devnet.close();
  await rm(work, { recursive: true, force: true });
});

/** The examples of a command's help, as words; quotes hold words together. */
async function examplesOf(words: readonly string[]): Promise<readonly string[][]> {
  const { stdout } = await cli([...words, '--help']);
  return [...stdout.matchAll(/^ {2}\$ (?:[A-Z_]+=\S+ )?media (.*)$/gm)].map(([, line = '']) =>
    [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? ''),
  );
}

const all = (await Promise.all((await everyCommand()).map(({ words }) => examplesOf(words)))).flat();
const unique = [...new Map(all.map((args) => [args.join(' '), args])).values()];

/** What has a test of its own, and takes minutes or the toolchain. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'up',
  'check',
  'test',
  'bench',
  'lab',
  'install',
  'fuzz',
  'conformance',
  'sim',
  'package',
]);
const SLOW = /^program (build|verify|cu)|^complete/;
/** Where it depends on what the network has by then, a refusal in figures is as good: the line was understood. */
const STATE =
  /^cli\/(bad-stake|no-file|no-edge|no-edge-here|not-publisher|not-registered|bad-resource|too-little|network-exists|no-keypair|wallet-exists|no-wallet|no-logs|no-signing-key|no-founding|no-domain|bad-domain|domain-taken|under-notice|not-yours|no-proposal|no-audience|proposal-not-ready|nothing-to-vote|no-election|not-upgrader)$|^devnet\/(no-keypair|bad-keypair|wallet-exists)$|^audit\/no-|^chain\/(already-deployed|nothing-due)$/;
/** What runs until it is stopped; the guides run these (tests/guides.test.ts), or a test of their own. */
const isDaemon = ([first, second, ...rest]: readonly string[]): boolean =>
  first === 'chain' ||
  first === 'server' ||
  (first === 'vouch' && second !== 'key') ||
  (first === 'peerpool' && second === 'tracker') ||
  (first === 'top' && second === undefined) ||
  rest.includes('--watch') ||
  ((first === 'edge' || first === 'guard') && second?.startsWith('-') === true);

test('there are examples to run', () => {
  expect(unique.length).toBeGreaterThan(50);
});

test.each(
  unique
    .filter((args) => !ELSEWHERE.has(args[0] ?? '') && !SLOW.test(args.join(' ')) && !isDaemon(args))
    .map((args) => [args.join(' '), args] as const),
)('media %s', { timeout: 240_000 }, async (_line, args) => {
  const { code, stdout, stderr } = await cli([...args, ...(args.includes('--json') ? [] : ['--json'])], {
    cwd: work,
  });
  for (const line of stdout.split('\n').slice(0, -1)) expect(() => void JSON.parse(line)).not.toThrow();
  if (code === 0) return;
  // An audit that disagrees and a doctor that finds something end in 1 and say so.
  if (/^(audit|doctor)/.test(args.join(' ')) && code === 1 && !stdout.includes('"error"')) return;
  const told: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  expect(told, stderr).toMatchObject({ error: { code: expect.stringMatching(STATE) } });
});
