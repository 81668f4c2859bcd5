import { headerLines, listMembers } from './headers.ts';
import type { HeaderLookup, RawHeaders } from './headers.ts';

/** More than any page needs, and few enough that a look-up through many variants stays cheap. */
const MAX_NAMES = 16;

/** Field names of Vary, lower-case, sorted, each once; `*` when any line says so, a name is none, or there are too many. */
export function readVary(headers: RawHeaders): readonly string[] | '*' {
  const names = new Set<string>();
  for (const line of headerLines(headers, 'vary')) {
    for (const member of listMembers(line)) {
      if (!/^[!#$%&'+.^_`|~0-9A-Za-z-]+$/.test(member)) return '*';
      names.add(member.toLowerCase());
    }
  }
  return names.size > MAX_NAMES ? '*' : [...names].sort();
}

/**
 * The secondary key (RFC 9111 §4.1): what the request said in the fields that Vary names, normalised
 * where their grammar allows it, length-prefixed so that no two requests share one by accident. An absent
 * field differs from an empty one.
 */
export function secondaryKey(names: readonly string[], header: HeaderLookup): string {
  let key = '';
  for (const name of names) {
    const value = header(name);
    if (value === undefined) {
      key += `${name}-;`;
      continue;
    }
    const normal = normalise(name, value);
    key += `${name}=${normal.length}:${normal};`;
  }
  return key;
}

/** Case matters nowhere in these fields, and order neither: quality values stay with their members. */
const CASELESS = new Set(['accept-language', 'accept-charset']);
/** Lists whose white space means nothing (RFC 9110 §5.6.1, §12.5). */
const LISTS = new Set([...CASELESS, 'accept', 'accept-encoding']);

/**
 * Codings that are taken, whatever their order and weight: browsers say the same few in many ways, and what any of
 * them takes is good for all who take the same. What is not taken is not said, but where it is what all take unasked.
 */
function codings(value: string): string {
  const names = new Set<string>();
  for (const member of listMembers(value.toLowerCase())) {
    const [name = '', ...parameters] = member.split(';').map((part) => part.trim());
    const isRefused = parameters.some((each) => /^q[ \t]*=[ \t]*0(?:\.0{0,3})?$/.test(each));
    if (!isRefused) names.add(name === 'x-gzip' ? 'gzip' : name);
    else if (name === 'identity' || name === '*') names.add(`${name};q=0`);
  }
  return [...names].sort().join(',');
}

/** A member without white space around `;` and `=`; linear, since viewers write what is in it. */
function withoutSpace(member: string): string {
  return member
    .split(/([;=])/)
    .map((part) => part.trim())
    .join('');
}

/** Only fields whose grammar is known are normalised: elsewhere every byte may mean something (RFC 9111 §4.1). */
function normalise(name: string, value: string): string {
  if (!LISTS.has(name)) return value;
  if (name === 'accept-encoding') return codings(value);
  const members = listMembers(value).map(withoutSpace);
  if (!CASELESS.has(name)) return members.join(',');
  return members
    .map((member) => member.toLowerCase())
    .sort()
    .join(',');
}
