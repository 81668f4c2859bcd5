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
  usage: 'peerpool script|on',
  says: 'Lets viewers share what they watch (PeerPool): edges serve its script, sign for segments, and give passes to viewers of a playlist.',
  notes: [
    "The script is at `/.well-known/media-network/peerpool.js`, for pages that bring hls.js. With `script` they have its tag themselves; with `on` edges add it behind `<head>` of every HTML page that a browser navigates to over HTTPS (or on localhost): every hls.js there shares. A page that says `no-transform`, is encoded by its origin, or has a Content-Security-Policy without `script-src 'self'` stays as it is; what else such a policy needs is in docs/peerpool.md.",
  ],
  single: true,
  leavesKept: true,
  examples: ['peerpool script', 'peerpool on'],
  read(line: Line): Reading<PeerPoolRule> {
    const unknown = unknownParts(line, { words: 1, options: [] });
    if (unknown !== undefined) return unknown;
    const [word] = line.words;
    if (word === 'script') return { kind: 'ok', value: { tag: false } };
    if (word === 'on') return { kind: 'ok', value: { tag: true } };
    return wrong('says nothing: write peerpool script or peerpool on, or leave it away');
  },
};
