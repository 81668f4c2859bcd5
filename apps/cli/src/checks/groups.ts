import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChild } from '../child.ts';
import { PROJECT_ROOT, toolEnv } from '../root.ts';
import { findProgram } from './system-tools.ts';
import { countVitest } from './vitest-report.ts';

export interface GroupResult {
  readonly passed: number;
  readonly failed: number;
  /** Why nothing ran. */
  readonly skipped?: string;
  /** What to show when something failed. */
  readonly output: string;
}

export interface CheckGroup {
  readonly name: string;
  readonly doc: string;
  run(env: Readonly<Record<string, string | undefined>>): Promise<GroupResult>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** A check is one program; it counts as one test. */
async function single(env: Env, program: string, args: readonly string[]): Promise<GroupResult> {
  const result = await runChild(program, args, { cwd: PROJECT_ROOT, env: toolEnv(env) });
  const passed = result.code === 0;
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, output: result.stdout + result.stderr };
}

async function many(runs: readonly Promise<GroupResult>[]): Promise<GroupResult> {
  const results = await Promise.all(runs);
  return {
    passed: results.reduce((sum, each) => sum + each.passed, 0),
    failed: results.reduce((sum, each) => sum + each.failed, 0),
    output: results
      .filter((each) => each.failed > 0)
      .map((each) => each.output)
      .join('\n'),
  };
}

async function vitest(env: Env, project: string): Promise<GroupResult> {
  const folder = await mkdtemp(join(tmpdir(), 'media-test-'));
  try {
    const report = join(folder, 'report.json');
    const args = ['run', '--project', project, '--reporter=json', `--outputFile=${report}`];
    const result = await runChild('vitest', args, { cwd: PROJECT_ROOT, env: toolEnv(env) });
    const text = await readFile(report, 'utf8').catch(() => '');
    return countVitest(text, result.code, result.stdout + result.stderr);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function packageFolders(): Promise<string[]> {
  const entries = await readdir(join(PROJECT_ROOT, 'packages'), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join('packages', entry.name));
}

/** Generators that compare what they would write with what is there, and say so by their exit code. */
const GENERATED: readonly (readonly string[])[] = [
  ['programs/media/generate-layout.ts', '--check'],
  ['packages/chain/scripts/idl.ts', '--check'],
  ['packages/chain/scripts/vectors.ts', '--check'],
  ['packages/chain/scripts/governance.ts', '--check'],
  ['packages/chain/scripts/compute-units.ts', '--check'],
  ['packages/protocol/test/generate-vectors.ts', '--check'],
];

export const GROUPS: readonly CheckGroup[] = [
  { name: 'types', doc: 'tsc -b over all projects', run: (env) => single(env, 'tsc', ['-b']) },
  {
    name: 'lint',
    doc: 'oxlint with type-aware rules',
    run: (env) => single(env, 'oxlint', ['--type-aware', '--quiet']),
  },
  { name: 'format', doc: 'oxfmt --check', run: (env) => single(env, 'oxfmt', ['--check']) },
  { name: 'unused', doc: 'knip: unused files, exports, dependencies', run: (env) => single(env, 'knip', []) },
  {
    name: 'packages',
    doc: 'publint on every package',
    run: async (env) =>
      many((await packageFolders()).map((folder) => single(env, 'publint', ['run', folder, '--strict']))),
  },
  {
    name: 'generated',
    doc: 'layout, vectors and IDL are what the schema says',
    run: (env) => many(GENERATED.map((args) => single(env, process.execPath, args))),
  },
  { name: 'unit', doc: 'tests beside the source', run: (env) => vitest(env, 'unit') },
  { name: 'system', doc: 'the whole network', run: (env) => vitest(env, 'system') },
  {
    name: 'conformance',
    doc: 'http-cache-tests against an edge',
    run: async (env) => (await import('../conformance/group.ts')).conformanceGroup(env),
  },
  {
    name: 'rules',
    doc: 'cargo test of the pure rules of the program',
    run: async (env) => {
      if (findProgram('cargo', env) === undefined) {
        return { passed: 0, failed: 0, skipped: 'cargo is not installed', output: '' };
      }
      const args = ['test', '--quiet', '--manifest-path', 'programs/media/rules/Cargo.toml'];
      const result = await runChild('cargo', args, { cwd: PROJECT_ROOT, env });
      const counts = [...result.stdout.matchAll(/test result: \w+\. (\d+) passed; (\d+) failed/g)];
      const passed = counts.reduce((sum, each) => sum + Number(each[1]), 0);
      const failed = counts.reduce((sum, each) => sum + Number(each[2]), 0);
      // A build that fails prints no result at all.
      return {
        passed,
        failed: result.code !== 0 && failed === 0 ? 1 : failed,
        output: result.stdout + result.stderr,
      };
    },
  },
];
