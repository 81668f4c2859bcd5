import type { Line, Reading } from './line.ts';
import { wrong } from './line.ts';
import { ANY_PATH, readPathPattern } from './path.ts';
import type { PathPattern } from './path.ts';

/** One kind of rule. */
export interface Verb<Rule> {
  readonly name: string;
  /** `cache [PATH] ttl=7d`, with every option. */
  readonly usage: string;
  /** One sentence, what it does. */
  readonly says: string;
  /** What one has to know beside, a paragraph each. */
  readonly notes?: readonly string[];
  /** Lines that are rules of this kind. */
  readonly examples: readonly string[];
  /** Whether a resource may have one rule of this kind only. */
  readonly single?: boolean;
  /** Whether what is kept stays as it is where such a rule changes: it is about requests, or about answers as they leave. */
  readonly leavesKept?: true;
  read(line: Line): Reading<Rule>;
}

/** Why a line cannot be what its verb takes; undefined where words and options are all known. */
export function unknownParts(
  line: Line,
  takes: {
    readonly words: number;
    readonly options: readonly string[];
    readonly repeated?: readonly string[];
  },
): { readonly kind: 'wrong'; readonly why: string } | undefined {
  const extra = line.words[takes.words];
  if (extra !== undefined) return wrong(`has a word that "${line.verb}" does not take: ${extra}`);
  for (const [name, values] of line.options) {
    if (!takes.options.includes(name))
      return wrong(
        `has an option that "${line.verb}" does not have: ${name}. It has ${takes.options.join(', ') || 'none'}`,
      );
    if (values.length > 1 && takes.repeated?.includes(name) !== true)
      return wrong(`says ${name} more than once`);
  }
  return undefined;
}

/** The path that a rule is about, where it names one. */
export function pathOf(word: string | undefined): Reading<PathPattern> {
  return word === undefined ? { kind: 'ok', value: ANY_PATH } : readPathPattern(word);
}

/** Parts of a value that is a list: `a,b`. */
export function listed(value: string): readonly string[] {
  return value.split(',').map((part) => part.trim());
}
