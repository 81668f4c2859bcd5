import type { Command, CommanderError } from 'commander';
import { MediaError } from '@media-network/runtime';
import { COMMANDS } from './command-tree.ts';

/** A command line that was not understood: exit code 2, as shells and BSD tools have it. */
export function usageError(code: string, message: string, hint: string): MediaError {
  return new MediaError({ code: `cli/${code}`, message, hint, source: 'client' });
}

const USAGE_CODES: ReadonlySet<string> = new Set([
  'cli/unknown-command',
  'cli/missing-command',
  'cli/unknown-option',
  'cli/missing-argument',
  'cli/missing-value',
  'cli/excess-arguments',
  'cli/conflicting-options',
  'cli/bad-choice',
  'cli/bad-number',
  'cli/bad-port',
]);

export function isUsageCode(code: string): boolean {
  return USAGE_CODES.has(code);
}

const COMMANDER_CODES: Readonly<Record<string, string>> = {
  'commander.unknownOption': 'unknown-option',
  'commander.unknownCommand': 'unknown-command',
  'commander.missingArgument': 'missing-argument',
  'commander.optionMissingArgument': 'missing-value',
  'commander.missingMandatoryOptionValue': 'missing-value',
  'commander.excessArguments': 'excess-arguments',
  'commander.conflictingOption': 'conflicting-options',
  'commander.invalidArgument': 'bad-choice',
};

/** What commander says against a command line, in our shape. `path` is the command that was meant: `wallet send`. */
export function usageErrorOf(error: CommanderError, path: string): MediaError {
  const [first = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = more.map((line) => line.replaceAll(/^\(|\)$/g, '')).join(' ');
  const help = `"media ${path === '' ? '' : `${path} `}--help" says more.`;
  return usageError(
    COMMANDER_CODES[error.code] ?? 'bad-choice',
    `${first.replace(/\.$/, '')}.`,
    suggestion === '' ? help : `${suggestion} ${help}`,
  );
}

/** Whether a command is there for its subcommands alone: what does something itself has options of its own. */
export function isGroup(command: Command): boolean {
  return command.commands.length > 0 && command.options.every(({ long }) => long === '--debug');
}

/** The words of a command line that name a command, with the group's own subcommand put in where none is named. */
export interface CommandWords {
  readonly args: readonly string[];
  readonly command: Command;
  /** `wallet send` */
  readonly path: string;
}

/**
 * Finds the command that is meant. Commander would take an unknown word before `--help` for a request for the
 * general help, and one behind a group for an argument.
 *
 * @throws `cli/unknown-command`, `cli/missing-command`
 */
export function commandWords(program: Command, args: readonly string[]): CommandWords {
  const wantsHelp = args.includes('--help') || args.includes('-h');
  const path: string[] = [];
  let command = program;
  for (const word of args) {
    if (word.startsWith('-') || command.commands.length === 0) break;
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) throw unknownCommand(word, path, command);
    command = next;
    path.push(word);
  }
  const entry = COMMANDS.find(({ name }) => name === path[0]);
  if (path.length !== 1 || !isGroup(command) || wantsHelp) return { args, command, path: path.join(' ') };
  const bare = command.commands.find((each) => each.name() === entry?.bare);
  if (bare === undefined) {
    const names = command.commands.map((each) => each.name());
    throw usageError(
      'missing-command',
      `"${path[0]}" needs a word more: ${names.join(', ')}.`,
      `"media ${path[0]} --help" says what they do.`,
    );
  }
  return {
    args: [path[0] ?? '', bare.name(), ...args.slice(1)],
    command: bare,
    path: `${path[0]} ${bare.name()}`,
  };
}

/** What people type for it elsewhere. */
const SYNONYMS: Readonly<Record<string, string>> = {
  balance: 'wallet balance',
  dashboard: 'top',
  down: 'up --stop',
  leave: 'edge leave',
  monitor: 'top',
  publish: 'resource add',
  run: 'up',
  site: 'resource add',
  start: 'up',
  stop: 'up --stop',
  unstake: 'stake unbond',
  withdraw: 'stake withdraw',
};

/** The same of what commands are below a group. */
const SYNONYMS_BELOW: Readonly<Record<string, string>> = {
  create: 'new',
  delete: 'remove',
  edit: 'update',
  get: 'show',
  ls: 'list',
  publish: 'add',
  rm: 'remove',
  set: 'update',
  transfer: 'send',
};

function synonym(word: string, path: readonly string[], group: Command): string | undefined {
  if (path.length === 0) return SYNONYMS[word];
  const meant = SYNONYMS_BELOW[word];
  return group.commands.some((each) => each.name() === meant) ? meant : undefined;
}

function unknownCommand(word: string, path: readonly string[], group: Command): MediaError {
  const near =
    synonym(word, path, group) ??
    nearest(
      word,
      group.commands.map((each) => each.name()),
    );
  const where = path.length === 0 ? '' : `${path.join(' ')} `;
  return usageError(
    'unknown-command',
    `There is no command "${where}${word}".`,
    `${near === undefined ? '' : `Did you mean ${near}? `}"media ${where}--help" lists what there is.`,
  );
}

/** The name that is nearest to what was typed, if any is near: at most two letters in five differ. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names) {
    const starts = word.length >= 3 && (name.startsWith(word) || word.startsWith(name));
    const distance = starts ? 0.5 : editDistance(word.toLowerCase(), name);
    if (distance <= Math.max(1, Math.floor(Math.max(word.length, name.length) * 0.4))) {
      if (best === undefined || distance < best.distance) best = { name, distance };
    }
  }
  return best?.name;
}

/** Letters to add, drop, change or swap with the next (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
