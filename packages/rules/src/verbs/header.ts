import { readChanges } from '../field.ts';
import type { FieldChanges } from '../field.ts';
import type { Line, Reading } from '../line.ts';
import { readTypes } from '../media-type.ts';
import type { MediaTypes } from '../media-type.ts';
import type { PathPattern } from '../path.ts';
import { pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** Fields of answers. Every rule that fits is followed, in order. */
export interface HeaderRule {
  readonly path: PathPattern;
  readonly types: MediaTypes | undefined;
  readonly changes: FieldChanges;
  /** Of errors, too: what is said of a good answer, above all how long browsers keep it, is mostly wrong of a bad one. */
  readonly always: boolean;
}

export const header: Verb<HeaderRule> = {
  name: 'header',
  usage: 'header [PATH] [always] [type=TYPES] [set="Name: value"] [add="Name: value"] [remove=NAME]',
  says: 'Changes fields of answers on their way to viewers; with always of errors, too.',
  notes: [
    'Every rule that fits is followed, in order; `set` replaces, `add` comes beside. Fields of the connection, of framing and of the edge itself cannot be changed. What a rule does to `Cache-Control` is for viewers: edges keep by what the origin said, or by `cache`.',
  ],
  examples: [
    'header always set="X-Content-Type-Options: nosniff" remove=X-Powered-By',
    'header /assets/* set="Cache-Control: public, max-age=31536000, immutable"',
  ],
  leavesKept: true,
  read(line: Line): Reading<HeaderRule> {
    const always = line.words.includes('always');
    const words = line.words.filter((word) => word !== 'always');
    const unknown = unknownParts(
      { ...line, words },
      {
        words: 1,
        options: ['type', 'set', 'add', 'remove'],
        repeated: ['set', 'add', 'remove'],
      },
    );
    if (unknown !== undefined) return unknown;
    const path = pathOf(words[0]);
    if (path.kind === 'wrong') return path;
    const type = line.options.get('type')?.[0];
    const types = type === undefined ? undefined : readTypes(type);
    if (types?.kind === 'wrong') return types;
    const changes = readChanges(line.options);
    if (changes.kind === 'wrong') return changes;
    return { kind: 'ok', value: { path: path.value, types: types?.value, changes: changes.value, always } };
  },
};
