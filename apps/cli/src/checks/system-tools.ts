import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { MediaError } from '@media-network/runtime';
import { runChild } from '../child.ts';
import type { CliContext } from '../command.ts';

/** Programs of the system that the tests need, by Debian package. */
const NEEDED = [
  { program: 'dig', package: 'bind9-dnsutils' },
  { program: 'chromium', package: 'chromium' },
  { program: 'curl', package: 'curl' },
  { program: 'ffmpeg', package: 'ffmpeg' },
  { program: 'fish', package: 'fish' },
  { program: 'kdig', package: 'knot-dnsutils' },
  { program: 'knotd', package: 'knot' },
  { program: 'nginx', package: 'nginx-light' },
  { program: 'nsd', package: 'nsd' },
  { program: 'openssl', package: 'openssl' },
  { program: 'pebble', package: 'pebble' },
  { program: 'unbound', package: 'unbound' },
  { program: 'zsh', package: 'zsh' },
] as const;

export function findProgram(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * Installs what is missing by apt, as root or through a sudo that asks no password.
 *
 * @throws `cli/missing-tool` with the command to run when that is not possible.
 */
export async function ensureSystemTools(context: CliContext): Promise<void> {
  const missing = NEEDED.filter((each) => findProgram(each.program, context.env) === undefined);
  if (missing.length === 0) return;
  const packages = missing.map((each) => each.package);
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  const refuse = (why: string): MediaError =>
    new MediaError({
      code: 'cli/missing-tool',
      message: `${packages.join(' and ')} ${packages.length === 1 ? 'is' : 'are'} missing and ${why}: run "sudo ${install.join(' ')}" and start again.`,
      source: 'client',
      context: { packages },
    });
  if (findProgram('apt-get', context.env) === undefined) throw refuse('there is no apt-get here');

  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (prefix.length > 0 && findProgram('sudo', context.env) === undefined)
    throw refuse('only root can install them');
  context.terminal.note(`installing ${packages.join(' and ')} by apt ...`);
  const run = async (line: readonly string[]): Promise<number> => {
    const [program = '', ...args] = [...prefix, ...line];
    const env = { ...context.env, DEBIAN_FRONTEND: 'noninteractive' };
    return (await runChild(program, args, { cwd: context.cwd, env })).code;
  };
  // A fresh machine has no package lists; a failing update is told by the install.
  await run(['apt-get', 'update']);
  if ((await run(install)) !== 0) throw refuse('apt-get could not install them');
}
