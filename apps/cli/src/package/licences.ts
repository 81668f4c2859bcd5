import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';

const NAMES = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/** The folder of the package that a module belongs to; undefined for our own. */
function packageOf(module: string): string | undefined {
  const marker = `${sep}node_modules${sep}`;
  const at = module.lastIndexOf(marker);
  if (at === -1) return undefined;
  const [first = '', second = ''] = module.slice(at + marker.length).split(sep);
  const name = first.startsWith('@') ? join(first, second) : first;
  return join(module.slice(0, at), 'node_modules', name);
}

/** What stands in the Linux binary of the C library's, as it is on the machine that made it. */
const SYSTEM = `GNU C Library (libc, libm, libdl, libpthread, ld-linux), in the binary for x86-64 Linux: LGPL-2.1-or-later; libgcc, libstdc++ and
libatomic: GPL-3.0-or-later with the GCC Runtime Library Exception. They are those of the system that the binary was made on, unchanged; its
distribution has their sources. The binary unpacks them as files (MEDIA_RUNTIME_DIR), where others may be put in their place.`;

/** The licences under which a binary is given on: ours, and that of each package in it. */
export async function licencesOf(modules: Iterable<string>, own: string): Promise<string> {
  const folders = new Set<string>();
  for (const module of modules) {
    const folder = packageOf(module.replaceAll('\0', ''));
    if (folder !== undefined) folders.add(folder);
  }
  const parts = [`Media Network\n\n${own.trim()}`];
  for (const folder of [...folders].sort()) {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const { name, version, license } = manifest as Record<string, unknown>; // what npm wrote
    const texts: string[] = [];
    for (const file of await readdir(folder))
      if (NAMES.test(file)) texts.push((await readFile(join(folder, file), 'utf8')).trim());
    const said = typeof license === 'string' ? license : 'see its repository';
    parts.push(`${String(name)} ${String(version)} (${said})\n\n${texts.join('\n\n')}`.trim());
  }
  // The runtime's is beside it, in its package and in every distribution of Node.
  const runtime = await readFile(join(dirname(dirname(process.execPath)), 'LICENSE'), 'utf8').catch(
    () => 'see nodejs.org',
  );
  parts.push(`Node.js ${process.version}\n\n${runtime.trim()}`, SYSTEM);
  return `${parts.join(`\n\n${'-'.repeat(72)}\n\n`)}\n`;
}
