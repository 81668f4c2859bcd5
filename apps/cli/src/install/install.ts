import { lstat, mkdir, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { readIfPresent, writeDurably } from '@media-network/devnet/folder';
import { MediaError, errorCode } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { PROJECT_ROOT } from '../root.ts';
import { SHELLS, completionScript } from './completion.ts';
import type { Shell } from './completion.ts';

export interface InstallOptions {
  readonly bin?: string;
  readonly uninstall?: true;
  readonly json?: true;
}

interface Places {
  readonly bin: string;
  readonly link: string;
  readonly completions: Readonly<Record<Shell, string>>;
}

/** Where a user's own commands and completions are (XDG base directories; each shell's own documentation). */
function placesOf(options: InstallOptions, context: CliContext): Places {
  const home = context.env['HOME'];
  if (home === undefined || home === '') {
    throw new MediaError({
      code: 'cli/no-home',
      message: 'HOME is not set, so there is no folder of yours to install into.',
      hint: 'Name one with --bin and set HOME.',
      source: 'client',
    });
  }
  const data = context.env['XDG_DATA_HOME'] ?? join(home, '.local', 'share');
  const config = context.env['XDG_CONFIG_HOME'] ?? join(home, '.config');
  const bin = options.bin === undefined ? join(home, '.local', 'bin') : resolve(context.cwd, options.bin);
  return {
    bin,
    link: join(bin, 'media'),
    completions: {
      bash: join(data, 'bash-completion', 'completions', 'media'),
      zsh: join(data, 'zsh', 'site-functions', '_media'),
      fish: join(config, 'fish', 'completions', 'media.fish'),
    },
  };
}

/** What the link leads to now: ours, nothing, or something else that is left alone. */
async function lookAt(link: string): Promise<'ours' | 'nothing' | 'another'> {
  try {
    if (!(await lstat(link)).isSymbolicLink()) return 'another';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'nothing';
    throw error;
  }
  const script = await realpath(join(PROJECT_ROOT, 'media'));
  const target = resolve(dirname(link), await readlink(link));
  // A link into a checkout that is gone is nobody's.
  const leadsTo = await realpath(target).catch(() => undefined);
  return leadsTo === undefined || leadsTo === script ? 'ours' : 'another';
}

/** What somebody whose PATH lacks the folder puts into which file. */
function pathHint(bin: string, context: CliContext): string | undefined {
  const folders = (context.env['PATH'] ?? '').split(delimiter).map((each) => resolve(context.cwd, each));
  if (folders.includes(resolve(bin))) return undefined;
  const shell = context.env['SHELL'] ?? '';
  if (shell.endsWith('fish')) return `fish_add_path '${bin}'`;
  const file = shell.endsWith('zsh') ? '~/.zshrc' : '~/.bashrc';
  return `echo 'export PATH="${bin}:$PATH"' >> ${file}`;
}

export async function install(options: InstallOptions, context: CliContext): Promise<void> {
  const places = placesOf(options, context);
  const { terminal } = context;
  const found = await lookAt(places.link);
  if (found === 'another') {
    throw new MediaError({
      code: 'cli/not-ours',
      message: `${places.link} is something else than this command, so it was left alone.`,
      hint: 'Remove it, or choose another folder with --bin.',
      source: 'client',
    });
  }
  if (options.uninstall === true) return uninstall(places, options, context);

  await mkdir(places.bin, { recursive: true });
  if (found === 'ours') await rm(places.link);
  await symlink(join(PROJECT_ROOT, 'media'), places.link);
  for (const shell of SHELLS) await writeDurably(places.completions[shell], completionScript(shell));
  const path = pathHint(places.bin, context);
  if (options.json === true) {
    terminal.json({
      link: places.link,
      completions: places.completions,
      onPath: path === undefined,
      path: path ?? null,
    });
    return;
  }
  terminal.line(`media       ${places.link}`);
  for (const shell of SHELLS) terminal.line(`completion  ${places.completions[shell]}`);
  terminal.line();
  if (path === undefined) terminal.line('A new shell completes it; "media up" runs from any folder.');
  else
    terminal.line(`${places.bin} is not on your PATH yet. Put it there, then open a new shell:\n  ${path}`);
  const zsh = dirname(places.completions.zsh);
  if ((context.env['SHELL'] ?? '').endsWith('zsh'))
    terminal.line(
      `zsh looks for completions in fpath: put "fpath=(${zsh} $fpath)" before compinit in ~/.zshrc.`,
    );
}

async function uninstall(places: Places, options: InstallOptions, context: CliContext): Promise<void> {
  const removed: string[] = [];
  for (const path of [places.link, ...SHELLS.map((shell) => places.completions[shell])]) {
    const there =
      path === places.link ? (await lookAt(path)) === 'ours' : (await readIfPresent(path)) !== undefined;
    if (!there) continue;
    await rm(path);
    removed.push(path);
  }
  if (options.json === true) context.terminal.json({ removed });
  else if (removed.length === 0) context.terminal.line('Nothing was installed.');
  else for (const path of removed) context.terminal.line(`removed ${path}`);
}
