import type { Command } from 'commander';
import { createWalletStore } from '@media-network/devnet/folder';
import { resolve } from 'node:path';
import { COMMANDS } from '../command-tree.ts';
import type { CliContext } from '../command.ts';
import { createProgram } from '../program.ts';
import { ROLE_NAMES } from '../roles.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** One thing that can stand next on a command line. */
export interface Candidate {
  readonly word: string;
  readonly doc: string;
}

/** Options whose value is a wallet, and arguments that are. */
const WALLET_OPTIONS: ReadonlySet<string> = new Set(['--keypair', '--owner']);
const WALLET_ARGUMENTS: ReadonlySet<string> = new Set(['wallet', 'to', 'edge']);

/** What can follow `before` on a command line (the words behind the command's name), whatever has been typed of the next. */
export async function candidates(
  before: readonly string[],
  context: CliContext,
): Promise<readonly Candidate[]> {
  const [first] = before;
  const entry = COMMANDS.find(({ name }) => name === first);
  if (entry === undefined)
    return first === undefined
      ? [
          ...COMMANDS.map(({ name, summary }) => ({ word: name, doc: summary })),
          { word: 'help', doc: 'print help for a command' },
        ]
      : [];
  const program = await createProgram({ ...context, helpAll: true }, {}, first);
  let command = program.commands.find((each) => each.name() === first);
  if (command === undefined) return [];
  const sub = command.commands.find((each) => each.name() === before[1]);
  const words = before.slice(sub === undefined ? 1 : 2);
  command = sub ?? command;

  const last = words.at(-1);
  const option =
    last === undefined
      ? undefined
      : command.options.find((each) => each.long === last || each.short === last);
  if (option?.required === true) return valuesOf(option.long ?? '', before, context);
  const subs =
    sub === undefined && words.length === 0
      ? command.commands.map((each) => ({ word: each.name(), doc: each.summary() || each.description() }))
      : [];
  return [...subs, ...(await argumentsOf(command, words, before, context)), ...optionsOf(command)];
}

function optionsOf(command: Command): Candidate[] {
  return [
    ...command.options.map((each) => ({ word: each.long ?? each.short ?? '', doc: each.description })),
    { word: '--help', doc: 'print help' },
  ];
}

async function argumentsOf(
  command: Command,
  words: readonly string[],
  before: readonly string[],
  context: CliContext,
): Promise<readonly Candidate[]> {
  const given = words.filter((word, i) => {
    const value = command.options.find((each) => each.long === words[i - 1])?.required === true;
    return !word.startsWith('-') && !value;
  });
  const next = command.registeredArguments[given.length];
  return next !== undefined && WALLET_ARGUMENTS.has(next.name()) ? wallets(before, context) : [];
}

async function valuesOf(
  option: string,
  before: readonly string[],
  context: CliContext,
): Promise<readonly Candidate[]> {
  if (option === '--role') return ROLE_NAMES.map((word) => ({ word, doc: 'role' }));
  return WALLET_OPTIONS.has(option) ? wallets(before, context) : [];
}

async function wallets(before: readonly string[], context: CliContext): Promise<readonly Candidate[]> {
  const at = before.indexOf('--dir');
  const dir = (at === -1 ? undefined : before[at + 1]) ?? context.env['MEDIA_DIR'] ?? '.medianet';
  const names = await createWalletStore(resolve(context.cwd, dir, 'wallets')).names();
  return names.map((word) => ({ word, doc: 'wallet' }));
}

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion for media
_media() {
  local words
  words=$("$1" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null | cut -f1)
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _media media ./media
`,
  zsh: `#compdef media
_media() {
  local -a found
  local word doc
  while IFS=$'\\t' read -r word doc; do
    found+=("\${word//:/\\\\:}:\${doc}")
  done < <("\${words[1]}" complete -- "\${(@)words[2,CURRENT-1]}" 2>/dev/null)
  if (( \${#found} )); then _describe 'media' found; else _files; fi
}
# Found in fpath, this file is the first call itself; read by "source" it is none.
if [[ "\${funcstack[1]}" == _media ]]; then _media "$@"; else compdef _media media; fi
`,
  fish: `# fish completion for media
function __media_complete
  set -l words (commandline -opc)
  set -l found (command $words[1] complete -- $words[2..] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c media -f -a '(__media_complete)'
`,
};

/** The script that a shell loads; it asks the command itself, so that it never falls behind. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
