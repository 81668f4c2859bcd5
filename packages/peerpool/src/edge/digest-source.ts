import { readDigest } from './digest.ts';
import type { SegmentDigest } from './digest.ts';

/** Where a page gets digests: an edge, a publisher's manifest, a guard. Undefined where nothing is known of it: then nothing is shared. */
export type DigestSource = (url: string) => Promise<SegmentDigest | undefined>;

/** Longest answer for one question. */
const MAX_ANSWER_BYTES = 1_000_000;
const WAIT_MS = 4_000;

/** Below the content's own host, for whatever an edge of the network serves. */
export const EDGE_PREFIX = '/.well-known/media-network/peerpool/';

/**
 * Digests of the edge that serves the page's content: it signs what it serves. Asked of the same host as the segment,
 * by the same way; those that are asked for at once go in one question.
 */
export function edgeDigests(most = 16): DigestSource {
  let waiting: { readonly url: URL; readonly done: (digest: SegmentDigest | undefined) => void }[] = [];

  async function ask(): Promise<void> {
    const asked = waiting;
    waiting = [];
    const origins = Map.groupBy(asked, ({ url }) => url.origin);
    await Promise.all(
      [...origins].map(async ([origin, group]) => {
        const question = new URL(`${EDGE_PREFIX}digests`, origin);
        for (const { url } of group) question.searchParams.append('target', url.pathname + url.search);
        const found = await read(question).catch(() => undefined);
        group.forEach(({ done }, i) => done(readDigest(found?.[i])));
      }),
    );
  }

  return (url) =>
    new Promise((done) => {
      if (waiting.length === 0 || waiting.length >= most) setTimeout(() => void ask());
      waiting.push({ url: new URL(url), done });
    });
}

async function read(question: URL): Promise<readonly unknown[] | undefined> {
  const response = await fetch(question, {
    signal: AbortSignal.timeout(WAIT_MS),
    credentials: 'same-origin',
  });
  const text = response.ok ? await response.text() : '';
  if (text.length === 0 || text.length > MAX_ANSWER_BYTES) return undefined;
  const { digests } = JSON.parse(text) as { readonly digests?: unknown };
  return Array.isArray(digests) ? digests : undefined;
}
