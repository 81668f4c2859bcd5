import { DOMParser } from '@xmldom/xmldom';
import { Parser } from 'm3u8-parser';
import { parse as parseMpd } from 'mpd-parser';

/** What names other objects. */
export type DocumentKind = 'hls' | 'dash' | 'sitemap';

/** By the end of its path: what a player would take it for. */
export function kindOf(url: string): DocumentKind | undefined {
  const path = URL.parse(url)?.pathname ?? '';
  if (/\.m3u8?$/i.test(path)) return 'hls';
  return /\.mpd$/i.test(path) ? 'dash' : undefined;
}

/**
 * All URLs that a playlist, a manifest or a sitemap names, absolute, each once, in the order of the text.
 *
 * @throws what its parser throws where it is none
 */
export function namedIn(kind: DocumentKind, text: string, url: string): readonly string[] {
  const found = kind === 'hls' ? inHls(text) : kind === 'dash' ? inDash(text, url) : locations(text);
  const absolute = found.flatMap((each) => URL.parse(each, url)?.href ?? []);
  return [...new Set(absolute)].filter((each) => /^https?:/.test(each) && each !== url);
}

function inHls(text: string): readonly string[] {
  if (!text.trimStart().startsWith('#EXTM3U')) throw new Error('it does not begin with #EXTM3U');
  const parser = new Parser();
  parser.push(text);
  parser.end();
  return valuesOf(parser.manifest, 'uri');
}

function inDash(text: string, url: string): readonly string[] {
  return valuesOf(parseMpd(text, { manifestUri: url }), 'resolvedUri');
}

/** A sitemap, or an index of them (sitemaps.org). */
export function locations(text: string): readonly string[] {
  const problems: string[] = [];
  const note = (problem: string): void => void problems.push(problem);
  const parser = new DOMParser({ errorHandler: { warning: () => undefined, error: note, fatalError: note } });
  const root = parser.parseFromString(text, 'text/xml')?.documentElement;
  const name = root?.localName;
  if (problems.length > 0 || root === undefined || (name !== 'urlset' && name !== 'sitemapindex'))
    throw new Error('it is neither a sitemap nor an index of sitemaps');
  return Array.from(root.getElementsByTagName('loc'))
    .map((each) => each.textContent?.trim() ?? '')
    .filter((each) => each !== '');
}

/** Whether a sitemap names sitemaps. */
export function isIndex(text: string): boolean {
  return /<(?:[a-z]+:)?sitemapindex[\s>]/i.test(text);
}

/** Values of a property anywhere within plain data. */
function valuesOf(data: unknown, property: string): string[] {
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([name, value]) =>
    name === property && typeof value === 'string' && value !== '' ? [value] : valuesOf(value, property),
  );
}
