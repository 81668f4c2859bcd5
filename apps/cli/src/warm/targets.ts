import { MediaError, errorMessage } from '@media-network/runtime';
import { isIndex, kindOf, locations, namedIn } from './documents.ts';

export interface ExpandDeps {
  /** The text of a document, from an edge. */
  readonly text: (url: URL) => Promise<string>;
  /** Whether a host is one of the resource's own. */
  readonly isOwn: (host: string) => Promise<boolean>;
  readonly onFound: (count: number) => void;
}

export interface Expanded {
  readonly urls: readonly URL[];
  /** Named in a document and of another site: nobody's business here. */
  readonly others: number;
}

/** What one command warms; more are more commands. */
export const MAX_TARGETS = 100_000;
/** Playlists in playlists, sitemaps in an index. */
const MAX_DEPTH = 3;

function bad(url: URL, why: string): MediaError {
  return new MediaError({
    code: 'cli/bad-document',
    message: `${url.href} cannot be read: ${why}.`,
    hint: 'Open it in a browser; is it a sitemap, or a playlist of HLS or DASH?',
    source: 'client',
  });
}

/**
 * All that is to be fetched: what was named, what playlists name and what sitemaps list, each once.
 *
 * @throws `cli/bad-document` for one that cannot be read, `cli/bad-warm` where there are too many
 */
export async function expand(
  named: readonly URL[],
  sitemaps: readonly URL[],
  deps: ExpandDeps,
): Promise<Expanded> {
  const found = new Map<string, URL>();
  const seen = new Set<string>();
  let others = 0;

  async function isOurs(url: URL): Promise<boolean> {
    if (await deps.isOwn(url.hostname)) return true;
    others += 1;
    return false;
  }

  async function read<T>(url: URL, how: (text: string) => T): Promise<T> {
    try {
      return how(await deps.text(url));
    } catch (error) {
      throw bad(url, errorMessage(error));
    }
  }

  async function add(url: URL, depth: number): Promise<void> {
    url.hash = '';
    if (found.has(url.href) || !(await isOurs(url))) return;
    if (found.size >= MAX_TARGETS)
      throw new MediaError({
        code: 'cli/bad-warm',
        message: `These are more than ${MAX_TARGETS} objects.`,
        hint: 'Warm them in parts.',
        source: 'client',
      });
    found.set(url.href, url);
    deps.onFound(found.size);
    const kind = kindOf(url.href);
    if (kind === undefined || depth >= MAX_DEPTH) return;
    for (const each of await read(url, (text) => namedIn(kind, text, url.href)))
      await add(new URL(each), depth + 1);
  }

  async function list(url: URL, depth: number): Promise<void> {
    if (seen.has(url.href) || !(await isOurs(url))) return;
    seen.add(url.href);
    const { index, urls } = await read(url, (text) => ({ index: isIndex(text), urls: locations(text) }));
    for (const each of urls) {
      const next = URL.parse(each, url.href);
      if (next === null) continue;
      if (!index) await add(next, 0);
      else if (depth < MAX_DEPTH) await list(next, depth + 1);
    }
  }

  for (const url of sitemaps) await list(url, 0);
  for (const url of named) await add(url, 0);
  return { urls: [...found.values()], others };
}
