import { accessSync, constants } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';

/** How the command was called, so that every command line it prints runs as pasted. */
export interface Invocation {
  /** `media`, `./media` or a path, as a shell takes it. */
  readonly name: string;
  /** `words` as a command line: the name in front, and behind it what leads this call to its network. */
  line(words: string): string;
  /** A sentence with each `"media …"` in it as such a line. */
  rewrite(text: string): string;
  /** A help page with the name in its examples. */
  rewriteHelp(text: string): string;
}

/** As one word of a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The name under which a shell finds the command again: `media` where PATH leads to what was called, else
 * what was typed. `called` is `$0` of the script, which is a path for what was found on PATH.
 */
export function callName(
  called: string,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): string {
  const name = basename(called);
  const folder = dirname(resolve(cwd, called));
  const first = (env['PATH'] ?? '')
    .split(delimiter)
    .filter((each) => each !== '')
    .find((each) => isExecutable(join(each, name)));
  // What begins with a dot was typed so, even if PATH would do.
  if (!called.startsWith('.') && first !== undefined && resolve(first) === folder) return shellQuote(name);
  return shellQuote(called);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

type Carried = '--dir' | '--url' | '--ws' | '--program' | '--keypair' | '--port' | '--rpc-port';

const CHAIN: readonly Carried[] = ['--dir', '--url', '--ws', '--program'];
const ACTING: readonly Carried[] = [...CHAIN, '--keypair'];
const ALL: readonly Carried[] = [...ACTING, '--port', '--rpc-port'];

/** What a command takes of the options that lead to a network; by its first words, the longest match first. */
const TAKES: readonly (readonly [words: string, options: readonly Carried[]])[] = [
  ['wallet new', ['--dir']],
  ['wallet import', ['--dir']],
  ['wallet list', ['--dir']],
  ['program deploy', ACTING],
  ['network create', ACTING],
  ['up --stop', ['--dir']],
  ['up', ['--dir', '--port', '--rpc-port']],
  ['chain', ['--dir', '--rpc-port']],
  ['doctor', CHAIN],
  ['status', CHAIN],
  ['top', CHAIN],
  ['audit', CHAIN],
  ['pool show', CHAIN],
  ['pool quote', CHAIN],
  ['wallet', ACTING],
  ['pool', ACTING],
  ['stake', ACTING],
  ['peerpool', ACTING],
  ['vesting show', CHAIN],
  ['vesting', ACTING],
  ['gov list', CHAIN],
  ['gov parameters', CHAIN],
  ['gov', ACTING],
  ['resource', ACTING],
  ['claim', ACTING],
  ['edge', ACTING],
  ['guard', ACTING],
];

function takenBy(words: string): readonly Carried[] {
  // A help page is the same wherever the network is.
  if (words.endsWith('--help')) return [];
  return TAKES.find(([first]) => words === first || words.startsWith(`${first} `))?.[1] ?? [];
}

/** The options of a command line that hints carry on, as they were given. */
function givenOptions(args: readonly string[]): ReadonlyMap<Carried, string> {
  const given = new Map<Carried, string>();
  for (const [index, arg] of args.entries()) {
    if (arg === '--') break;
    for (const option of ALL) {
      const value = arg === option ? args[index + 1] : undefined;
      if (value !== undefined) given.set(option, value);
      else if (arg.startsWith(`${option}=`)) given.set(option, arg.slice(option.length + 1));
    }
  }
  return given;
}

export function createInvocation(name: string, args: readonly string[]): Invocation {
  const given = givenOptions(args);

  function line(words: string): string {
    const taken = takenBy(words).filter((option) => !new RegExp(`${option}(?![\\w-])`).test(words));
    const more = taken.flatMap((option) => {
      const value = given.get(option);
      return value === undefined ? [] : [`${option} ${shellQuote(value)}`];
    });
    return [name, words, ...more].join(' ');
  }

  return {
    name,
    line,
    rewrite: (text) =>
      text.replaceAll(
        /(["`])media ([a-z-][^"`]*)\1/g,
        (_, quote: string, words: string) => quote + line(words) + quote,
      ),
    rewriteHelp: (text) =>
      name === 'media'
        ? text
        : text
            .replaceAll(/^( {2}\$ (?:\w+=\S+ )?)media /gm, (_, before: string) => `${before}${name} `)
            // In what is explained, which may wrap anywhere.
            .replaceAll(/"media(\s+[a-z-])/g, (_, after: string) => `"${name}${after}`),
  };
}
