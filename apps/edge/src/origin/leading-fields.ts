/** Fields that lead a viewer on (RFC 9110 §8.7, §10.2.2, RFC 8288; Refresh is of browsers). */
const LEADING = new Set(['location', 'content-location', 'refresh', 'link']);

/** The same fields with every URL in those that lead on mapped; the same list where none became another. */
export function mapLeadingUrls(headers: readonly string[], map: (url: string) => string): readonly string[] {
  let changed: string[] | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    if (!LEADING.has(name)) continue;
    const value = headers[i + 1] ?? '';
    const mapped = mapField(name, value, map);
    if (mapped === value) continue;
    changed ??= [...headers];
    changed[i + 1] = mapped;
  }
  return changed ?? headers;
}

function mapField(name: string, value: string, map: (url: string) => string): string {
  switch (name) {
    case 'refresh':
      // `5; url=http://…`, with or without quotes.
      return value.replace(
        /^([^;,]*[;,][ \t]*url[ \t]*=[ \t]*["']?)([^"']*)/i,
        (_all, before: string, url: string) => before + map(url),
      );
    case 'link':
      // Targets stand in angle brackets; what stands in quotes is a parameter.
      return mapAngled(value, map);
    default:
      return map(value);
  }
}

/**
 * What stands in angle brackets outside quotes, mapped. One pass, whatever an origin writes: a quote or bracket that is
 * never closed is looked for once.
 */
function mapAngled(value: string, map: (url: string) => string): string {
  let mapped = '';
  let quotes = true;
  let brackets = true;
  for (let at = 0; at < value.length;) {
    const char = value[at];
    const end =
      quotes && char === '"'
        ? endOfQuoted(value, at)
        : brackets && char === '<'
          ? value.indexOf('>', at)
          : undefined;
    if (end === -1 && char === '"') quotes = false;
    if (end === -1 && char === '<') brackets = false;
    if (end === undefined || end === -1) {
      mapped += char ?? '';
      at += 1;
      continue;
    }
    mapped += char === '<' ? `<${map(value.slice(at + 1, end))}>` : value.slice(at, end + 1);
    at = end + 1;
  }
  return mapped;
}

/** Index of the quote that closes the one at `from`; -1 where none does. */
function endOfQuoted(value: string, from: number): number {
  for (let at = from + 1; at < value.length; at += 1) {
    if (value[at] === '"') return at;
    if (value[at] === '\\') at += 1;
  }
  return -1;
}

/** A URL that names an authority, taken apart. */
export interface AbsoluteUrl {
  readonly space: string;
  /** As it stands; undefined: scheme-relative. */
  readonly scheme: string | undefined;
  /** Lower-case. */
  readonly host: string;
  readonly port: string;
  /** Path, query and fragment. */
  readonly rest: string;
}

/** Undefined where it names no authority, or another scheme than http and https. */
export function readAbsoluteUrl(url: string): AbsoluteUrl | undefined {
  const parts =
    /^([ \t]*)(?:(https?):)?\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(?::(\d*))?((?:[/?#][^]*)?)$/i.exec(url);
  if (parts === null) return undefined;
  const [, space = '', scheme, host = '', port = '', rest = ''] = parts;
  return { space, scheme, host: host.toLowerCase(), port, rest };
}
