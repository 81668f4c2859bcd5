import { wrong } from './line.ts';
import type { Reading } from './line.ts';

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 §5.5: no control characters, so that nothing can be smuggled in. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Fields that belong to the connection, to the framing, or to the edge, whatever a publisher writes. */
const RESERVED = new Set([
  'age',
  'cache-status',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'date',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'repr-digest',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

/** A name that a rule may set or take away. */
export function readFieldName(text: string): Reading<string> {
  if (!NAME.test(text)) return wrong(`has a name that no field has: ${text}`);
  if (RESERVED.has(text.toLowerCase()) || text.toLowerCase().startsWith('media-'))
    return wrong(`has a field that is not its to change: ${text}`);
  return { kind: 'ok', value: text };
}

/** `Name: value`. */
export function readField(text: string): Reading<readonly [name: string, value: string]> {
  const colon = text.indexOf(':');
  if (colon === -1) return wrong(`has no field in "${text}": write "Name: value"`);
  const name = readFieldName(text.slice(0, colon));
  if (name.kind === 'wrong') return name;
  const value = text.slice(colon + 1).trim();
  if (!VALUE.test(value)) return wrong(`has a value that cannot be sent: ${value}`);
  return { kind: 'ok', value: [name.value, value] };
}

export interface FieldChanges {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly add: readonly (readonly [name: string, value: string])[];
  /** Lower-case. */
  readonly remove: readonly string[];
}

/** What `set=`, `add=` and `remove=` say. */
export function readChanges(options: ReadonlyMap<string, readonly string[]>): Reading<FieldChanges> {
  const changes: {
    set: (readonly [string, string])[];
    add: (readonly [string, string])[];
    remove: string[];
  } = {
    set: [],
    add: [],
    remove: [],
  };
  for (const kind of ['set', 'add'] as const) {
    for (const text of options.get(kind) ?? []) {
      const field = readField(text);
      if (field.kind === 'wrong') return field;
      changes[kind].push(field.value);
    }
  }
  for (const text of options.get('remove') ?? []) {
    const name = readFieldName(text);
    if (name.kind === 'wrong') return name;
    changes.remove.push(name.value.toLowerCase());
  }
  if (changes.set.length + changes.add.length + changes.remove.length === 0)
    return wrong('changes nothing: add set="Name: value", add="Name: value" or remove=Name');
  return { kind: 'ok', value: changes };
}

/** Fields after the changes: `set` replaces, `add` comes beside what is there. Name, value, … */
export function changed(headers: readonly string[], changes: FieldChanges): string[] {
  const gone = new Set([...changes.remove, ...changes.set.map(([name]) => name.toLowerCase())]);
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (!gone.has((headers[i] ?? '').toLowerCase())) kept.push(headers[i] ?? '', headers[i + 1] ?? '');
  for (const [name, value] of [...changes.set, ...changes.add]) kept.push(name, value);
  return kept;
}
