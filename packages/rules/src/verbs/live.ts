import type { Line, Reading } from '../line.ts';
import type { PathPattern } from '../path.ts';
import { pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** Streams that are still going on. The first rule that fits a path decides. */
export interface LiveRule {
  readonly path: PathPattern;
}

export const live: Verb<LiveRule> = {
  name: 'live',
  usage: 'live [PATH]',
  says: 'Keeps playlists of streams that go on (HLS, DASH) for half of what they say a segment takes, and no longer, and gives one answer to all who ask at once.',
  notes: [
    'A playlist is what has the type or the end of one (`.m3u8`, `.mpd`). One that says that it has ended (`#EXT-X-ENDLIST`, a DASH manifest that is not dynamic) is kept as its origin says. Without a word of a segment, half a second.',
    'A player that waits for what is not there yet (low-latency HLS: `_HLS_msn`, `_HLS_part`, and `_HLS_skip` for what changed) is put through: each of these is a target of its own, of many who wait for the same one asks the origin, and its answer is kept for that target alone.',
  ],
  leavesKept: true,
  examples: ['live /channels/*'],
  read(line: Line): Reading<LiveRule> {
    const unknown = unknownParts(line, { words: 1, options: [] });
    if (unknown !== undefined) return unknown;
    const path = pathOf(line.words[0]);
    return path.kind === 'wrong' ? path : { kind: 'ok', value: { path: path.value } };
  },
};
