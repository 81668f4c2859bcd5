import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { MediaError } from '@media-network/runtime';
import { formatBytes } from '../amounts.ts';
import type { CliContext } from '../command.ts';
import { bundle } from './bundle.ts';
import { makeLauncher } from './launcher.ts';
import { makeBinary } from './make-binary.ts';
import { PROJECT_ROOT } from '../root.ts';
import { runtimeOf } from './runtimes.ts';
import { TARGETS } from './targets.ts';
import type { Target } from './targets.ts';

export interface PackageOptions {
  readonly out: string;
  readonly json?: true;
}

/** What an operator needs beside a binary, from `packaging/`. */
const BESIDE: readonly (readonly [from: string, name: string])[] = [
  ['Containerfile', 'Containerfile'],
  ['grafana/media-edge.json', 'grafana-media-edge.json'],
  ['systemd/edge.env', 'edge.env'],
  ['systemd/media-edge.service', 'media-edge.service'],
  ['systemd/media.sysusers', 'media.sysusers'],
];

/** Those that are asked for by name. */
function chosen(names: readonly string[]): readonly Target[] {
  if (names.length === 0) return TARGETS;
  return names.map((name) => {
    const found = TARGETS.find((each) => each.name === name);
    if (found !== undefined) return found;
    throw new MediaError({
      code: 'cli/bad-choice',
      message: `Binaries are made for ${TARGETS.map((each) => each.name).join(', ')}, not for "${name}".`,
      source: 'client',
    });
  });
}

/** Makes binaries, their hashes and the licences of what is in them. */
export async function makePackage(
  names: readonly string[],
  options: PackageOptions,
  context: CliContext,
): Promise<void> {
  const { terminal } = context;
  const targets = chosen(names);
  const out = resolve(context.cwd, options.out);
  await mkdir(out, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'media-package-'));
  try {
    terminal.progress('putting the program together ...');
    const made = await bundle(join(work, 'program'));
    const lines: string[] = [];
    const binaries: Record<string, unknown>[] = [];
    for (const target of new Set(targets)) {
      terminal.progress(`${target.file} ...`);
      const runtime = await runtimeOf(target, join(PROJECT_ROOT, 'node_modules', '.cache', 'media-runtimes'));
      const wrapped = target.name === 'linux' ? await makeLauncher(runtime, work) : undefined;
      if (wrapped !== undefined && 'missing' in wrapped)
        terminal.note(
          `${target.file} needs the C library (glibc) of its system: what goes without any cannot be made here, ${wrapped.missing}`,
        );
      const launcher = wrapped !== undefined && 'launcher' in wrapped ? wrapped.launcher : undefined;
      const { path, bytes } = await makeBinary(target, runtime, made, { work, out }, launcher);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      lines.push(`${sha256}  ${basename(path)}`);
      binaries.push({
        target: target.name,
        path,
        bytes: bytes.length,
        sha256,
        needs: launcher === undefined && target.name.startsWith('linux') ? 'glibc' : null,
      });
      if (options.json !== true) terminal.line(`${path}  ${formatBytes(bytes.length)}  ${sha256}`);
    }
    await writeFile(join(out, 'SHA256SUMS'), `${lines.join('\n')}\n`);
    await copyFile(made.licences, join(out, 'LICENSES.txt'));
    for (const [from, name] of BESIDE) await copyFile(join(PROJECT_ROOT, 'packaging', from), join(out, name));
    if (options.json === true) terminal.json({ out, binaries });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
