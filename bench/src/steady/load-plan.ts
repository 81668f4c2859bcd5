import type { AskOptions } from './ask-known.ts';
import { knownTag } from './known-body.ts';

/** What a viewer does next. */
export type Step = { readonly kind: 'ask'; readonly ask: AskOptions } | { readonly kind: 'garbage' };

const LARGE_BYTES = 10_000_000;
const SMALL = [300, 1_000, 5_000, 20_000, 64_000];
const MIDDLE = [200_000, 600_000, 1_000_000];
const HOT = 200;

const get = (path: string, more: Partial<AskOptions> = {}): Step => ({
  kind: 'ask',
  ask: { method: 'GET', path, ...more },
});

/** What a seeded random has viewers do: most ask for what is there, some for what is not, and some behave badly. */
export function createLoadPlan(random: () => number): () => Step {
  let fresh = 0;
  const whole = (most: number): number => Math.floor(random() * most);
  const one = (sizes: readonly number[]): number => sizes[whole(sizes.length)] ?? 0;
  const hot = (): string => {
    const no = Math.floor(random() ** 2 * HOT);
    const size = (no % 8 === 7 ? MIDDLE : SMALL)[no % 3] ?? 0;
    return `/keep/${size}/hot-${no}`;
  };
  const large = (): string => `/keep/${LARGE_BYTES}/large-${whole(3)}`;
  function ranged(path: string, bytes: number): Step {
    const from = whole(bytes - 1);
    const to = Math.min(bytes - 1, from + whole(Math.min(bytes, 300_000)));
    return get(path, { headers: { range: `bytes=${from}-${to}` } });
  }
  function upload(bytes: number): AskOptions {
    const body = Buffer.alloc(bytes, `${fresh}`);
    return { method: 'POST', path: `/post/0/${fresh}`, upload: body };
  }
  /** By how much of a hundred each of them gets. */
  const steps: readonly (readonly [share: number, step: () => Step])[] = [
    [36, () => get(hot())],
    [8, () => get(`/keep/${one(SMALL)}/fresh-${fresh}`)],
    [3, () => get(`/keep/${one(MIDDLE)}/fresh-${fresh}`)],
    [6, () => get(`/short/${one(SMALL)}/${whole(20)}`)],
    [5, () => get(`/pass/${one(SMALL)}/${fresh}`)],
    [7, () => ({ kind: 'ask', ask: { method: 'HEAD', path: hot() } })],
    [6, () => conditional(hot())],
    [6, () => ranged(`/keep/64000/ranged-${whole(20)}`, 64_000)],
    [2, () => ranged(large(), LARGE_BYTES)],
    [6, () => get(`/flap/${one(SMALL)}/${whole(30)}`)],
    [4, () => ({ kind: 'ask', ask: upload(1 + whole(200_000)) })],
    [2, () => ({ kind: 'ask', ask: { ...upload(300_000), leaveUploadAfter: 1 + whole(250_000) } })],
    [4, () => get(`/keep/${one(MIDDLE)}/left-${whole(40)}`, { leaveAfterBytes: 1 + whole(150_000) })],
    [1, () => get(`/pass/1000000/${fresh}`, { leaveAfterBytes: 1 + whole(900_000) })],
    [0.5, () => get(large(), { restMs: 30, leaveAfterBytes: LARGE_BYTES / 2 })],
    [0.3, () => get(large())],
    [3.2, () => ({ kind: 'garbage' })],
  ];
  const sum = steps.reduce((all, [share]) => all + share, 0);
  function conditional(path: string): Step {
    return get(path, { headers: { 'if-none-match': random() < 0.7 ? knownTag(path) : '"another"' } });
  }
  return () => {
    fresh += 1;
    let at = random() * sum;
    for (const [share, step] of steps) {
      at -= share;
      if (at < 0) return step();
    }
    return get(hot());
  };
}
