/**
 * A raw header list: name, value, name, value… in order, names in any case. Never an object: merging
 * loses repeated fields, and repeated Age, Expires or Vary change what may be reused.
 */
export type RawHeaders = readonly string[];

/** How pure functions ask a request for a field: joined value by lower-case name. */
export type HeaderLookup = (lowerName: string) => string | undefined;

/** Each line of a field, in order. */
export function headerLines(headers: RawHeaders, lowerName: string): string[] {
  const lines: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (name.length === lowerName.length && name.toLowerCase() === lowerName)
      lines.push(headers[i + 1] ?? '');
  }
  return lines;
}

/** The field's lines joined by `, ` (RFC 9110 §5.3), or undefined when absent. */
export function headerValue(headers: RawHeaders, lowerName: string): string | undefined {
  const lines = headerLines(headers, lowerName);
  return lines.length === 0 ? undefined : lines.join(', ');
}

export function lookupIn(headers: RawHeaders): HeaderLookup {
  return (lowerName) => headerValue(headers, lowerName);
}

/** Members of a comma-separated list, trimmed, empty ones dropped, quoted strings kept whole (RFC 9110 §5.6.1). */
export function listMembers(value: string): string[] {
  const members: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i <= value.length; i += 1) {
    const character = value[i];
    if (quoted && character === '\\') i += 1;
    else if (character === '"') quoted = !quoted;
    else if (i >= value.length || (character === ',' && !quoted)) {
      const member = value.slice(start, i).trim();
      if (member !== '') members.push(member);
      start = i + 1;
    }
  }
  const rest = start < value.length && quoted ? value.slice(start).trim() : '';
  if (rest !== '') members.push(rest);
  return members;
}

/** Fields that concern one connection only (RFC 9110 §7.6.1) and are neither stored nor passed on. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What is left of a header list without hop-by-hop fields and those that Connection names. */
export function endToEndHeaders(headers: RawHeaders): string[] {
  const named = new Set<string>();
  for (const line of headerLines(headers, 'connection')) {
    for (const member of listMembers(line)) named.add(member.toLowerCase());
  }
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !named.has(lower)) kept.push(name, headers[i + 1] ?? '');
  }
  return kept;
}

/** The list without the named fields. */
export function withoutHeaders(headers: RawHeaders, lowerNames: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (!lowerNames.has(name.toLowerCase())) kept.push(name, headers[i + 1] ?? '');
  }
  return kept;
}
