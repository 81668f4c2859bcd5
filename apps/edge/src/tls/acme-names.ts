/** How a CA proves a name (RFC 8555 §8, RFC 8737). */
export type ChallengeName = 'http-01' | 'tls-alpn-01' | 'dns-01';

const KNOWN: Readonly<Record<string, string>> = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
};
const CHALLENGES: ReadonlySet<string> = new Set<ChallengeName>(['http-01', 'tls-alpn-01', 'dns-01']);

/** The URL of a CA's directory, by a name for short; undefined where it is none. */
export function directoryOf(text: string): string | undefined {
  const url = URL.parse(KNOWN[text] ?? text);
  if (url?.protocol === 'https:') return url.href;
  // A CA of one's own, on this machine.
  return url?.protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
    ? url.href
    : undefined;
}

/** Challenges in the order in which they are tried; undefined where one is none. */
export function challengesOf(text: string): readonly ChallengeName[] | undefined {
  const named = text.split(',').map((each) => each.trim());
  return named.every((each): each is ChallengeName => CHALLENGES.has(each)) ? named : undefined;
}
