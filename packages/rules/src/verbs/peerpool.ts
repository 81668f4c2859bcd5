import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import { unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** Whether viewers of the resource may share what they watch. */
export interface PeerPoolRule {
  /** Whether pages get the script tag from the edge; otherwise the site has it in its own pages. */
  readonly tag: boolean;
}

export const peerpool: Verb<PeerPoolRule> = {
  name: 'peerpool',
  usage: 'peerpool script',
  says: 'Lets viewers share what they watch (PeerPool): edges serve its script, sign for segments, and give passes to viewers of a playlist.',
  notes: [
    'The script is at `/.well-known/media-network/peerpool.js`, for pages that bring hls.js. A page with a Content-Security-Policy needs `script-src` and `connect-src` as docs/peerpool.md says. `peerpool on`, with which edges add the tag to pages by themselves, is refused: they do not yet.',
  ],
  single: true,
  leavesKept: true,
  examples: ['peerpool script'],
  read(line: Line): Reading<PeerPoolRule> {
    const unknown = unknownParts(line, { words: 1, options: [] });
    if (unknown !== undefined) return unknown;
    const [word] = line.words;
    if (word === 'script') return { kind: 'ok', value: { tag: false } };
    if (word === 'on')
      return wrong('asks edges to add the tag to pages, which they do not yet: write peerpool script');
    return wrong('says nothing: write peerpool script, or leave it away');
  },
};
