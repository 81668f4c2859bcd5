/** A rule as it is written: a verb, words, and options `name=value`. */
export interface Line {
  readonly verb: string;
  /** Words in order, the verb not among them. */
  readonly words: readonly string[];
  /** Values of options in order; an option may be said several times. */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

export type Reading<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** `why` goes on after the line itself: `needs a path`. */
  | { readonly kind: 'wrong'; readonly why: string };

export function wrong(why: string): { readonly kind: 'wrong'; readonly why: string } {
  return { kind: 'wrong', why };
}

/** Longest line, in characters: what edges keep of a resource is bounded by what the chain keeps of it. */
export const MAX_LINE = 2_048;

const OPTION = /^([a-z][a-z0-9-]*)=(.*)$/s;
/** One word: bare, quoted, or an option whose value is quoted. */
const WORD = /(?:[^\s"]|"(?:[^"\\]|\\.)*")+/gy;
const SPACE = /[ \t]+/gy;

/** Splits a line into words. A part in double quotes is taken as it is, with `\"` and `\\` in it. */
export function readLine(text: string): Reading<Line> {
  if (text.length > MAX_LINE) return wrong(`is longer than ${MAX_LINE} characters`);
  if (!/^[\t\x20-\x7e\xa0-\u{10ffff}]*$/u.test(text)) return wrong('has a control character in it');
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    SPACE.lastIndex = at;
    const space = SPACE.exec(text);
    if (space !== null) at = SPACE.lastIndex;
    if (at >= text.length) break;
    WORD.lastIndex = at;
    const word = WORD.exec(text);
    if (word === null) return wrong(`has a quote that is never closed: ${text.slice(at, at + 20)}`);
    words.push(unquoted(word[0]));
    at = WORD.lastIndex;
  }
  const [verb, ...rest] = words;
  if (verb === undefined) return wrong('is empty');
  const bare: string[] = [];
  const options = new Map<string, string[]>();
  for (const word of rest) {
    const [, name, value] = OPTION.exec(word) ?? [];
    if (name === undefined || value === undefined) bare.push(word);
    else options.set(name, [...(options.get(name) ?? []), value]);
  }
  return { kind: 'ok', value: { verb, words: bare, options } };
}

function unquoted(word: string): string {
  return word.replaceAll(/"((?:[^"\\]|\\.)*)"/g, (_, inside: string) => inside.replaceAll(/\\(.)/g, '$1'));
}
