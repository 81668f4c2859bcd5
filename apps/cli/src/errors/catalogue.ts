import { PROGRAM_ERRORS } from '@media-network/chain/schema';
import { CHAIN_ERRORS } from './chain-errors.ts';
import { COMMAND_ERRORS } from './command-errors.ts';
import { EXPRESS_ERRORS } from './express-errors.ts';
import { NODE_ERRORS } from './node-errors.ts';
import { SERVER_ERRORS } from './server-errors.ts';

/** What a code means, and what whoever meets it can do. */
export type Entry = readonly [meaning: string, remedy: string];

/** `SetNotReady` → `set-not-ready`. */
function kebab(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
}

const LOOK =
  'Look at what is there ("media status", "media stake show", "media resource list"), then ask again.';

/** The program's own errors, by the words of its schema; what to do is said where there is more to say. */
function programErrors(): [code: string, entry: Entry][] {
  return Object.values(PROGRAM_ERRORS).map(([name, words]) => {
    const [meaning = words, ...more] = words.split(/(?<=[.]) /);
    return [`chain/${kebab(name)}`, [meaning, more.length > 0 ? more.join(' ') : LOOK]];
  });
}

/** Every code that the project's programs show, sorted. Codes are append-only. */
export const CATALOGUE: ReadonlyMap<string, Entry> = new Map(
  [
    ...programErrors(),
    ...Object.entries(CHAIN_ERRORS),
    ...Object.entries(NODE_ERRORS),
    ...Object.entries(SERVER_ERRORS),
    ...Object.entries(EXPRESS_ERRORS),
    ...Object.entries(COMMAND_ERRORS),
  ].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
);

/** What to do about a code; empty for one that is not listed, such as a system's own. */
export function remedyOf(code: string): string {
  return CATALOGUE.get(code)?.[1] ?? '';
}
