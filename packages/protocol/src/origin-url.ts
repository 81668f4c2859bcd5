/** Where an origin is: the front of every URL that is asked of it. */
export interface OriginUrl {
  /** Scheme, host and port: `https://b.example`. */
  readonly origin: string;
  /** What stands before every target: `/site`, or nothing. */
  readonly prefix: string;
}

const PREFIX = /^(?:\/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*$/;

/**
 * Reads the URL of an origin: http or https, no credentials, no query or fragment, and of a path only what can stand
 * before a target. Undefined where it is none: a path with dot segments, empty segments or a backslash would be
 * another one to whoever normalises it.
 */
export function readOriginUrl(text: string): OriginUrl | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  const written = /^[a-z]+:\/\/[^/\\?#]+(\/[^?#]*)?$/i.exec(text);
  if (written === null) return undefined;
  const [, path = '/'] = written;
  // What the URL standard made another of is none: it has taken away dot segments in any spelling.
  if (path !== url.pathname) return undefined;
  const prefix = path.endsWith('/') ? path.slice(0, -1) : path;
  return PREFIX.test(prefix) ? { origin: url.origin, prefix } : undefined;
}
