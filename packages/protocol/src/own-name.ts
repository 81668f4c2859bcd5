/**
 * Hosts of the publisher's own (docs/evidence.md, Own names). A name is served when the resource's settings list it and
 * its owner says so in DNS; names ending in `.localhost` have no DNS (RFC 6761 §6.3).
 */

/** Names that a resource may have; what its settings list beyond is not looked at. */
export const MAX_OWN_NAMES = 32;

/** Longest name in its textual form, without a trailing dot (RFC 1035 §2.3.4). */
const MAX_NAME = 253;
/** Letters, digits and hyphens, none of these at an end (RFC 952, RFC 1123 §2.1). */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** What URL parsers take for an IPv4 address (WHATWG URL, ends in a number). */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/;
const PROOF_LABEL = '_medianet';
const PROOF_KEY = 'medianet-resource=';

export type OwnNameReading =
  | { readonly kind: 'name'; readonly name: string }
  /** `why` goes on after the name: `is an address, no name`. */
  | { readonly kind: 'none'; readonly why: string };

const none = (why: string): OwnNameReading => ({ kind: 'none', why });

/** Reads a name as requests have it: lower-case ASCII, no trailing dot, no port. */
export function readOwnName(text: string): OwnNameReading {
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name === '') return none('is empty');
  if (name.includes('*')) return none('is a wildcard: every name is listed and proven by itself');
  if (name.startsWith('[') || /^[0-9a-f]*:[0-9a-f:.]*$/.test(name)) return none('is an address, no name');
  if (/^[^:/?#@]*:\d*$/.test(name)) return none('has a port: a name is served on whatever port the edge has');
  if (/[/?#@:]/.test(name)) return none('is more than a name: leave scheme, path and user away');
  if (name.length > MAX_NAME) return none(`is longer than ${MAX_NAME} characters`);
  const labels = name.split('.');
  if (NUMBER.test(labels.at(-1) ?? '')) return none('is an address, no name');
  if (labels.length < 2) return none('has one part: it needs a domain, such as shop.example');
  const bad = labels.find((label) => !LABEL.test(label));
  if (bad !== undefined)
    return none(
      bad === ''
        ? 'has an empty part'
        : `has a part that no host has: ${JSON.stringify(bad)} is not 1 to 63 letters, digits and inner hyphens`,
    );
  return { kind: 'name', name };
}

/** The names of a list that are names, as requests have them, each once, `MAX_OWN_NAMES` at most. */
export function ownNames(listed: readonly string[]): readonly string[] {
  const names = new Set<string>();
  for (const text of listed) {
    if (names.size >= MAX_OWN_NAMES) break;
    const reading = readOwnName(text);
    if (reading.kind === 'name') names.add(reading.name);
  }
  return [...names];
}

/** Whether a name leads to this machine by definition, so that nobody owns it and nothing can prove it. */
export function isLocalName(name: string): boolean {
  return name.endsWith('.localhost');
}

/** Whether a name is a zone or below it. */
export function isWithinZone(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** Where the owner of a name says whose it is. */
export function proofName(name: string): string {
  return `${PROOF_LABEL}.${name}`;
}

/** What the TXT record there says. */
export function proofText(resource: string): string {
  return PROOF_KEY + resource;
}

/** The resource that a TXT record names; undefined where it is about something else. */
export function provenResource(record: string): string | undefined {
  const text = record.trim();
  return text.startsWith(PROOF_KEY) ? text.slice(PROOF_KEY.length).trim() : undefined;
}
