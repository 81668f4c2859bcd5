import { readChanges } from '../field.ts';
import type { FieldChanges } from '../field.ts';
import type { Line, Reading } from '../line.ts';
import type { PathPattern } from '../path.ts';
import { pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** Fields of requests to the origin. Every rule that fits is followed, in order. */
export interface OriginHeaderRule {
  readonly path: PathPattern;
  readonly changes: FieldChanges;
}

export const originHeader: Verb<OriginHeaderRule> = {
  name: 'origin-header',
  usage: 'origin-header [PATH] [set="Name: value"] [add="Name: value"] [remove=NAME]',
  says: 'Changes fields of requests on their way to the origin.',
  notes: ['What a viewer sent under a name that is set does not reach the origin.'],
  examples: ['origin-header /api/* set="X-Api-Key: 8d1f"', 'origin-header remove=Cookie'],
  read(line: Line): Reading<OriginHeaderRule> {
    const unknown = unknownParts(line, {
      words: 1,
      options: ['set', 'add', 'remove'],
      repeated: ['set', 'add', 'remove'],
    });
    if (unknown !== undefined) return unknown;
    const path = pathOf(line.words[0]);
    if (path.kind === 'wrong') return path;
    const changes = readChanges(line.options);
    if (changes.kind === 'wrong') return changes;
    return { kind: 'ok', value: { path: path.value, changes: changes.value } };
  },
};
