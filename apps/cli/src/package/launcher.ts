import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorCode } from '@media-network/runtime';
import { runChild } from '../child.ts';
import { PROJECT_ROOT, toolEnv } from '../root.ts';

const MARK = Buffer.from('media-launcher-1', 'latin1');
const SOURCE = join(PROJECT_ROOT, 'packaging', 'launcher', 'main.rs');

/** What a binary is wrapped in that needs nothing of the system but its kernel. */
export interface Launcher {
  readonly code: Buffer;
  /** The loader and the libraries of this machine that a runtime needs, by name. */
  readonly libraries: ReadonlyMap<string, Buffer>;
}

/**
 * The launcher, compiled here. Undefined, with why, where this machine cannot: it takes Rust and a C library that can be
 * linked statically, and the libraries are those of an x86-64 Linux.
 */
export async function makeLauncher(
  runtime: string,
  work: string,
): Promise<{ readonly launcher: Launcher } | { readonly missing: string }> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { missing: 'it can be made on x86-64 Linux only' };
  const code = join(work, 'launcher');
  const args = ['--edition', '2021', '-C', 'opt-level=s', '-C', 'panic=abort', '-C', 'strip=symbols'];
  const built = await tool('rustc', [...args, '-C', 'target-feature=+crt-static', '-o', code, SOURCE], work);
  if (typeof built === 'string') return { missing: built };
  const needed = await tool('ldd', [runtime], work);
  if (typeof needed === 'string') return { missing: needed };
  const libraries = new Map<string, Buffer>();
  for (const [path] of needed.stdout.matchAll(/\/\S+(?= \(0x)/g))
    libraries.set(basename(path), await readFile(path));
  return { launcher: { code: await readFile(code), libraries } };
}

async function tool(
  name: string,
  args: readonly string[],
  cwd: string,
): Promise<{ readonly stdout: string } | string> {
  try {
    const ran = await runChild(name, args, { cwd, env: toolEnv(process.env) });
    return ran.code === 0 ? ran : `${name} fails: ${ran.stderr.trim().split('\n').slice(0, 3).join(' ')}`;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return `${name} is not on this machine`;
    throw error;
  }
}

/** A launcher with a program behind it; the format is said in `packaging/launcher/main.rs`. */
export function launched({ code, libraries }: Launcher, program: Buffer): Buffer {
  const parts: (readonly [string, Buffer])[] = [...libraries, ['media', program]];
  const id = createHash('sha256');
  for (const [, bytes] of parts) id.update(bytes);
  const lines = parts.map(([name, bytes]) => `${name} ${bytes.length}\n`).join('');
  const index = Buffer.from(`${id.digest('hex').slice(0, 32)}\n${lines}`, 'latin1');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(index.length));
  return Buffer.concat([code, ...parts.map(([, bytes]) => bytes), index, length, MARK]);
}
