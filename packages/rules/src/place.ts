import type { RedirectRule } from './verbs/redirect.ts';

/** Where a redirect leads, and how. */
export interface Elsewhere {
  readonly status: number;
  readonly location: string;
}

/**
 * Where the first rule that fits sends a target. What stars stood for was decoded to be matched and is encoded
 * again: no character of it ends a field, begins a query or leads to another host.
 */
export function redirected(
  rules: readonly RedirectRule[],
  path: string,
  target: string,
): Elsewhere | undefined {
  for (const rule of rules) {
    const stars = rule.path.match(path);
    if (stars === undefined) continue;
    let location = rule.to.replaceAll(/\$(\d)/g, (_, n: string) => encoded(stars[Number(n) - 1] ?? ''));
    // A path that began with two slashes would be a host.
    if (location.startsWith('/')) location = location.replace(/^[/\\]+/, '/');
    const at = target.indexOf('?');
    if (at !== -1 && !rule.to.includes('?')) {
      const [before, fragment] = location.split('#', 2);
      location = `${before ?? ''}${target.slice(at)}${fragment === undefined ? '' : `#${fragment}`}`;
    }
    return { status: rule.status, location };
  }
  return undefined;
}

/** Bytes of a path (RFC 3986 §3.3), latin1 as they were decoded. */
function encoded(text: string): string {
  return text.replaceAll(
    /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
