import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MediaError } from '@media-network/runtime';
import { MUTANTS } from './mutants.ts';
import type { Mutant } from './mutants.ts';

/** `killed`: a test failed, or the build did. `survived`: all tests passed though the rule is wrong. */
export type Fate = 'killed' | 'survived';

export interface MutantOptions {
  /** The checkout whose program and tests are used. */
  readonly root: string;
  /** Only mutants whose name contains one of these. */
  readonly only?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onFate: (mutant: Mutant, fate: Fate, by: string) => void;
}

export interface MutantsResult {
  readonly tried: number;
  /** How many were chosen: more than were tried where the run was ended. */
  readonly of: number;
  readonly survived: readonly string[];
}

/** The tests of the program, quickest to notice first. */
const SUITES = [
  'months',
  'buyback',
  'founding',
  'domains',
  'elections',
  'governance',
  'upgrade',
  'boundaries',
  'refusals',
  'changed-basis',
  'moved-price',
  'three-pools',
  'exploits',
  'trace',
  'substitution',
] as const;
type Suite = (typeof SUITES)[number];

/** Which of them is about what stands in a file of the program: it mostly notices, and is asked first. */
const ABOUT: readonly (readonly [RegExp, Suite])[] = [
  [/\/(?:election|signed|statement|node|unwrap)\.rs$/, 'elections'],
  [/\/(?:ballot|season|proposal|propose|vote|voter|lock|grant|execute|terms)\.rs$/, 'governance'],
  [/\/upgrade\.rs$/, 'upgrade'],
  [/\/(?:founding|vesting)\.rs$/, 'founding'],
  [/\/(?:domain|host_name)\.rs$/, 'domains'],
  [/\/(?:month|percentile)\.rs$/, 'months'],
  [/\/buyback\.rs$/, 'buyback'],
];

function suitesFor(file: string): readonly Suite[] {
  const first = ABOUT.find(([pattern]) => pattern.test(file))?.[1] ?? 'boundaries';
  return [first, ...SUITES.filter((suite) => suite !== first)];
}

/** Steps of the random trace that a wrong rule has to get past. */
const TRACE_STEPS = '12000';
const PATIENCE_MS = 900_000;

/** The mutants whose name contains one of these words; all of them without any. */
export function chooseMutants(only: readonly string[] = ['']): readonly Mutant[] {
  return MUTANTS.filter(({ name }) => only.some((text) => name.includes(text)));
}

/**
 * Turns one rule of the program wrong at a time, in a copy, and says which of these the tests do not notice. Needs the
 * Rust toolchain (`media program build` installs it).
 *
 * @throws `lab/program-fails` when the tests do not pass on the program as it is.
 * @throws `lab/mutant-does-not-fit` when the text of a mutant is not there exactly once: the list is behind the program.
 */
export async function runMutants(options: MutantOptions): Promise<MutantsResult> {
  const chosen = chooseMutants(options.only);
  const scratch = await mkdtemp(join(tmpdir(), 'media-mutants-'));
  const source = join(options.root, 'programs', 'media');
  const copy = join(scratch, 'media');
  const survived: string[] = [];
  let tried = 0;
  try {
    await cp(source, copy, { recursive: true, filter: (from) => !from.includes('/target') });
    const by = await killer(options, scratch, copy, 'rules/');
    if (by !== undefined)
      throw new MediaError({
        code: 'lab/program-fails',
        message: `The program fails its tests as it is (${by}): what they say of mutants would mean nothing.`,
        source: 'internal',
      });
    for (const mutant of chosen) {
      const file = join(copy, mutant.file);
      const text = await readFile(join(source, mutant.file), 'utf8');
      if (text.split(mutant.from).length !== 2)
        throw new MediaError({
          code: 'lab/mutant-does-not-fit',
          message: `"${mutant.name}": its text is not there exactly once in ${mutant.file}.`,
          source: 'internal',
        });
      await writeFile(
        file,
        text.replace(mutant.from, () => mutant.to),
      );
      const by = await killer(options, scratch, copy, mutant.file);
      await writeFile(file, text);
      if (by === undefined) survived.push(mutant.name);
      tried += 1;
      options.onFate(mutant, by === undefined ? 'survived' : 'killed', by ?? 'nothing');
    }
  } catch (error) {
    // Ended within a mutant: what was tried by then counts.
    if (options.signal?.aborted !== true) throw error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return { tried, of: chosen.length, survived };
}

/** What notices a mutant; undefined when nothing does. */
async function killer(
  options: MutantOptions,
  scratch: string,
  copy: string,
  changed: string,
): Promise<string | undefined> {
  const target = join(scratch, 'target');
  if (changed.startsWith('rules/')) {
    const args = ['test', '--quiet', '--manifest-path', join(copy, 'rules', 'Cargo.toml')];
    if (!(await passes('cargo', args, options, { CARGO_TARGET_DIR: join(scratch, 'rules-target') })))
      return 'cargo test';
  }
  if (!(await passes('sh', [join(copy, 'build.sh')], options, { CARGO_TARGET_DIR: target })))
    return 'the compiler';
  for (const suite of suitesFor(changed)) {
    const args = [
      join(options.root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--project',
      'unit',
      '--bail',
      '1',
      // A busy machine kills nothing.
      `--testTimeout=${PATIENCE_MS}`,
      `--hookTimeout=${PATIENCE_MS}`,
    ];
    const env = { MEDIA_PROGRAM: join(copy, 'media.so'), TRACE_STEPS };
    if (!(await passes(process.execPath, [...args, `packages/chain/test/${suite}.test.ts`], options, env)))
      return suite;
  }
  return undefined;
}

function passes(
  program: string,
  args: readonly string[],
  { root, signal }: MutantOptions,
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: 'ignore',
      ...(signal === undefined ? {} : { signal }),
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0));
  });
}
