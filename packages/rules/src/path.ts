import type { Reading } from './line.ts';
import { wrong } from './line.ts';

/**
 * A path as rules see it: decoded once, slashes in a row taken for one, a backslash for a slash. Origins read
 * `/%70rivate` and `/x//private` as they like, so what a rule keeps closed is closed in every spelling.
 * Dot segments never get here: fronts refuse them.
 */
export function rulePath(target: string): string {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  if (!/[%\\]|\/\//.test(path)) return path;
  return path
    .replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll('\\', '/')
    .replaceAll(/\/{2,}/g, '/');
}

/** Which paths a rule is about. */
export interface PathPattern {
  readonly text: string;
  /** What the stars stand for, in order; undefined where the path is another. */
  match(path: string): readonly string[] | undefined;
}

/** Every path. */
export const ANY_PATH: PathPattern = { text: '/*', match: (path) => [path.slice(1)] };

/** Stars a pattern may have: each is a loop over the path. */
const MAX_STARS = 8;

/**
 * `/a/b` is that path alone, `/a/*` whatever begins with `/a/`, `*.css` whatever ends so; a star stands for
 * any characters, slashes among them. Linear in the path for any pattern: the parts between stars are found
 * one after the other, each at its first place.
 */
export function readPathPattern(text: string): Reading<PathPattern> {
  if (!/^[/*]/.test(text)) return wrong(`has a path that begins with neither / nor *: ${text}`);
  if (/[?#]/.test(text)) return wrong(`has a path with a query or fragment in it: ${text}`);
  // Spelled as paths are seen, so that a rule for /caf%C3%A9 is one for what browsers send.
  const parts = rulePath(new TextDecoder('latin1').decode(new TextEncoder().encode(text))).split('*');
  if (parts.length > MAX_STARS + 1) return wrong(`has more than ${MAX_STARS} stars in its path`);
  return { kind: 'ok', value: { text, match: (path) => matchParts(parts, path) } };
}

function matchParts(parts: readonly string[], path: string): readonly string[] | undefined {
  const first = parts[0] ?? '';
  if (parts.length === 1) return path === first ? [] : undefined;
  const last = parts.at(-1) ?? '';
  if (path.length < first.length + last.length || !path.startsWith(first) || !path.endsWith(last))
    return undefined;
  const stars: string[] = [];
  const end = path.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = path.indexOf(part, at);
    if (found === -1 || found + part.length > end) return undefined;
    stars.push(path.slice(at, found));
    at = found + part.length;
  }
  stars.push(path.slice(at, end));
  return stars;
}
