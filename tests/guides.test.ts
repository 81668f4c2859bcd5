import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, symlink, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../', import.meta.url)).replace(/\/$/, '');
const GUIDES = join(ROOT, 'docs', 'guides');

interface Block {
  readonly kind: 'run' | 'background' | 'slow';
  readonly text: string;
  readonly line: number;
}

/** The shell blocks of a page, in order: ```sh, ```sh background for what is left running, ```sh slow for what takes minutes. */
function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(/^```sh(?: (background|slow))?\n([^]*?)^```$/gm)].map((match) => ({
    kind: match[1] === 'background' || match[1] === 'slow' ? match[1] : 'run',
    text: match[2] ?? '',
    line: page.slice(0, match.index).split('\n').length,
  }));
}

/** Where there are network namespaces, each page has ports of its own; elsewhere the usual ones must be free. */
// Root needs no user namespace, in which it could not give files to others as servers do.
const UNSHARE = process.getuid?.() === 0 ? '-n' : '-rn';
const NAMESPACE = spawnSync('unshare', [UNSHARE, 'sh', '-c', 'ip link set lo up']).status === 0;

/** How long a page may take; it fails what hangs, not what is slow. */
const LONGEST_MS = process.env['MEDIA_SLOW_GUIDES'] === '1' ? 5_400_000 : 900_000;

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'media-guide-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** One shell for the whole page, as a reader has one; what is left running is ended with it. */
async function script(blocks: readonly Block[]): Promise<string> {
  const lines = [
    'set -eu',
    ...(NAMESPACE ? ['ip link set lo up'] : []),
    `export HOME='${home}' PATH='${join(home, 'bin')}:${dirname(process.execPath)}':$PATH NO_COLOR=1`,
    `mkdir -p '${join(home, 'work')}'; cd '${join(home, 'work')}'; ln -s '${join(ROOT, 'media')}' media`,
    'left=""',
    // In the order in which they began, networks last: what runs on them ends first.
    "trap 'for pid in $left; do kill $pid 2>/dev/null || true; done; wait' EXIT",
    'ready() { for i in $(seq 3000); do grep -qE "Your network is up|^viewers|^signer|^url  |^program  |listening" "$1" && return 0; kill -0 $2 2>/dev/null || { cat "$1"; return 1; }; [ $i -lt 60 ] || [ -s "$1" ] || return 0; sleep 0.1; done; cat "$1"; return 1; }',
  ];
  for (const [index, { kind, text, line }] of blocks.entries()) {
    if (kind === 'slow' && process.env['MEDIA_SLOW_GUIDES'] !== '1') continue;
    const file = join(home, `block-${index}.sh`);
    await writeFile(file, text);
    lines.push(`echo "::line ${line} after $SECONDS s"`);
    if (kind === 'background') {
      const log = join(home, `block-${index}.log`);
      lines.push(`: >'${log}'`);
      lines.push(`bash -euc 'exec '"$(cat '${file}')" >'${log}' 2>&1 & last=$!; left="$last $left"`);
      lines.push(`ready '${log}' $last`);
    } else lines.push(`. '${file}'`);
  }
  lines.push('echo "::done after $SECONDS s"');
  return lines.join('\n');
}

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

async function run(blocks: readonly Block[]): Promise<Outcome> {
  await mkdir(join(home, 'bin'));
  await symlink(join(ROOT, 'media'), join(home, 'bin', 'media'));
  const file = join(home, 'guide.sh');
  await writeFile(file, await script(blocks));
  // The pages themselves say that they rehearse on this machine: nothing from outside may help.
  const env: NodeJS.ProcessEnv = { ...process.env };
  delete env['CLUSTER'];
  const [program, ...args] = NAMESPACE ? ['unshare', UNSHARE, 'bash', file] : ['bash', file];
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  // Ended in time, it says how far it came.
  const deadline = setTimeout(() => child.kill(), LONGEST_MS - 60_000);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return new Promise((resolve) =>
    child.once('close', (code) => {
      clearTimeout(deadline);
      resolve({ code, output });
    }),
  );
}

const pages = (await readdir(GUIDES)).filter((name) => name.endsWith('.md'));
const runnable = await Promise.all(
  ['README.md', 'apps/cli/README.md', ...pages.map((name) => `docs/guides/${name}`)].map(
    async (path) => [path, blocksOf(await readFile(join(ROOT, path), 'utf8'))] as const,
  ),
);

test.each(runnable.filter(([, blocks]) => blocks.length > 0))(
  '%s runs as it stands',
  { timeout: LONGEST_MS },
  async (name, blocks) => {
    const { code, output } = await run(blocks);
    expect(code, output.slice(-6_000)).toBe(0);
    // A page that says how long its steps take is held to a real run by whoever looks at this.
    if (process.env['MEDIA_SLOW_GUIDES'] === '1')
      console.log([name, ...(output.match(/^::.*$/gm) ?? [])].join('\n'));
    expect(output).toMatch(/::done after \d+ s\n/);
  },
);

/** The first TypeScript block of a package's README, in a folder from which the packages resolve. */
async function exampleOf(packageName: string, folder: string): Promise<string> {
  const page = await readFile(join(ROOT, 'packages', packageName, 'README.md'), 'utf8');
  const [, text] = /^```ts\n([^]*?)^```$/m.exec(page) ?? [];
  if (text === undefined) throw new Error(`packages/${packageName}/README.md has no example`);
  const file = join(folder, `${packageName}.ts`);
  await writeFile(file, text);
  return file;
}

/** What serves or ticks until it is stopped. */
const STAYS: ReadonlySet<string> = new Set(['dns', 'http-front', 'runtime', 'vouch']);

const within = (seconds: number, command: string): string => `timeout -s TERM ${seconds} ${command}`;

test('the examples of the packages run as pasted, beside a network', { timeout: LONGEST_MS }, async () => {
  const folder = await mkdtemp(join(ROOT, 'tests', '.examples-'));
  try {
    const names = (await readdir(join(ROOT, 'packages'))).sort();
    const blocks: Block[] = [
      { kind: 'background', text: 'media up --fast', line: 0 },
      // An hour with traffic, which is final when the other examples have run and the last one asks for it.
      {
        kind: 'run',
        text: 'sleep 15; curl -sSf -o /dev/null http://127.0.0.1:8080/download/50mb.bin',
        line: 1,
      },
    ];
    for (const name of [...names.filter((each) => each !== 'audit'), 'audit']) {
      const node = `node '${await exampleOf(name, folder)}'`;
      const text = STAYS.has(name)
        ? `${within(5, node)} || [ $? -eq 124 ]`
        : // An audit needs an hour that is final.
          name === 'audit'
          ? `for i in $(seq 100); do ${within(120, node)} && break; [ $i -lt 100 ]; sleep 3; done`
          : within(120, node);
      blocks.push({ kind: 'run', text, line: blocks.length });
    }
    const { code, output } = await run(blocks);
    expect(code, output.slice(-6_000)).toBe(0);
    // In Node's own words, an example that failed to be read would say so.
    expect(output).not.toContain('SyntaxError');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('every page is in the index, and every link leads somewhere', async () => {
  const index = await readFile(join(GUIDES, 'README.md'), 'utf8');
  for (const name of pages) if (name !== 'README.md') expect(index).toContain(`](${name})`);
  for (const name of pages) {
    const text = await readFile(join(GUIDES, name), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue;
      await expect(readFile(join(GUIDES, target)), `${name}: ${target}`).resolves.toBeDefined();
    }
  }
});
