/** Who may show the player in a page of theirs. */
export type EmbedWish =
  | { readonly kind: 'off' }
  | { readonly kind: 'by'; readonly sources: readonly string[] };

const MOST_NAMES = 50;

/** An address without path, query and password; undefined where it is none. */
function originOf(text: string): string | undefined {
  const url = URL.parse(text);
  const isPlain =
    (url?.protocol === 'https:' || url?.protocol === 'http:') &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === '';
  return isPlain ? url.origin : undefined;
}

function origins(text: string): readonly string[] | undefined {
  const found = text.split(',').map((each) => originOf(each.trim()));
  return found.length <= MOST_NAMES && found.every((each) => each !== undefined) ? found : undefined;
}

/** `*`, `off`, or addresses with commas; undefined where it is none of them. */
export function parseEmbed(text: string): EmbedWish | undefined {
  if (text === 'off') return { kind: 'off' };
  if (text === '*') return { kind: 'by', sources: ['*'] };
  const sources = origins(text);
  return sources === undefined ? undefined : { kind: 'by', sources };
}

/** Addresses that viewers come to; undefined where one is none. */
export const parsePublicUrls = (text: string | undefined): readonly string[] | undefined =>
  text === undefined ? [] : origins(text);

/** A page that says by whom it may be framed (CSP 3, frame-ancestors). */
export const framedBy = (sources: readonly string[]): Readonly<Record<string, string>> => ({
  'content-security-policy': `frame-ancestors ${sources.join(' ')}`,
});

export const escapedHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
