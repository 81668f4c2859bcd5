import { headerLines } from './headers.ts';
import type { RawHeaders } from './headers.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Whether a response to this method means that what we hold of the target is void (RFC 9111 §4.4). */
export function invalidates(method: string, status: number): boolean {
  return !SAFE.has(method) && status >= 200 && status <= 399;
}

/**
 * Targets to invalidate: the request's own, and those that Location and Content-Location name at the
 * same host (another host's would let one publisher void another's entries). Raw path and query.
 */
export function invalidatedTargets(host: string, target: string, responseHeaders: RawHeaders): string[] {
  const targets = new Set([target]);
  for (const name of ['location', 'content-location']) {
    for (const value of headerLines(responseHeaders, name)) {
      const other = sameHostTarget(host, target, value.trim());
      if (other !== undefined) targets.add(other);
    }
  }
  return [...targets];
}

function sameHostTarget(host: string, target: string, reference: string): string | undefined {
  // An absolute path is kept raw: URL would normalise what the key does not.
  if (/^\/(?!\/)/.test(reference)) return reference.split('#', 1)[0];
  let url: URL;
  try {
    url = new URL(reference, `http://${host}${target}`);
  } catch {
    return undefined;
  }
  if (url.hostname.replace(/\.$/, '') !== host) return undefined;
  const absolute = /^https?:\/\/[^/?#]+(\/[^#]*)?/i.exec(reference);
  return absolute === null ? `${url.pathname}${url.search}` : (absolute[1] ?? '/');
}
