import type { Line, Reading } from '../line.ts';
import type { PathPattern } from '../path.ts';
import { pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** Playlists whose next segments are fetched before a player asks. The first rule that fits a path decides. */
export interface PrefetchRule {
  readonly path: PathPattern;
}

export const prefetch: Verb<PrefetchRule> = {
  name: 'prefetch',
  usage: 'prefetch [PATH]',
  says: 'Fetches the next two segments that a new playlist names (HLS, DASH), and what they begin with, before players ask.',
  notes: [
    'Of a stream that goes on those are the newest, of one that has ended the first. A DASH manifest names many representations: of one that has ended the leanest of each kind is begun with, of one that goes on the newest segment of each is fetched, eight names at most. Only below the same host, once each, and with nothing of the viewer who asked for the playlist: what is not for everybody is not fetched so. Nobody is billed for what no viewer gets.',
  ],
  leavesKept: true,
  examples: ['prefetch /channels/*'],
  read(line: Line): Reading<PrefetchRule> {
    const unknown = unknownParts(line, { words: 1, options: [] });
    if (unknown !== undefined) return unknown;
    const path = pathOf(line.words[0]);
    return path.kind === 'wrong' ? path : { kind: 'ok', value: { path: path.value } };
  },
};
