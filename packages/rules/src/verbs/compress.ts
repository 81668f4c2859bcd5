import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import { readTypes } from '../media-type.ts';
import type { MediaTypes } from '../media-type.ts';
import type { PathPattern } from '../path.ts';
import { readBytes } from '../units.ts';
import { pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** What edges code for viewers who take it. The first rule that fits a path decides. */
export interface CompressRule {
  readonly path: PathPattern;
  readonly off: boolean;
  /** Undefined: those that are text. */
  readonly types: MediaTypes | undefined;
  readonly minBytes: number;
}

/** Below it a coding saves less than a packet. */
export const MIN_CODED_BYTES = 1_024;

export const compress: Verb<CompressRule> = {
  name: 'compress',
  usage: 'compress [PATH] [off] [types=TYPES] [min=1kb]',
  says: 'Which answers edges code as br, zstd or gzip, from min bytes on; off: none.',
  leavesKept: true,
  notes: [
    'Without a rule what is kept and is text (HTML, CSS, JavaScript, JSON, XML, SVG, fonts that are not coded already, playlists) is coded for viewers who take it, from 1 KB to 16 MB: that is what a site gets from any other CDN. The origin is asked once: each coding is made from what is kept, and is kept beside it. What the origin has coded itself goes on as it is, and so does what says `no-transform`. Streams of events never are, nor are parts: a range is one of the bytes as the origin has them.',
    "A rule that fits codes what is not kept, too, as it comes. Think before you name paths whose answers repeat what a viewer sent beside a secret, such as a search page with a form's token: the length of a coded answer tells whoever makes a browser ask again and again what is in it (BREACH). That is why it takes a rule.",
    'A coded answer has the `ETag` of the uncoded one, made weak, `Vary: Accept-Encoding`, and a `Repr-Digest` of its own.',
  ],
  examples: [
    'compress /api/*',
    'compress /data/* types=text/csv,application/geo+json min=4kb',
    'compress /raw/* off',
  ],
  read(line: Line): Reading<CompressRule> {
    const off = line.words.includes('off');
    const words = line.words.filter((word) => word !== 'off');
    const unknown = unknownParts({ ...line, words }, { words: 1, options: ['types', 'min'] });
    if (unknown !== undefined) return unknown;
    const path = pathOf(words[0]);
    if (path.kind === 'wrong') return path;
    if (off && line.options.size > 0) return wrong('says off and what to code');
    const named = line.options.get('types')?.[0];
    const types = named === undefined ? undefined : readTypes(named);
    if (types?.kind === 'wrong') return types;
    const min = line.options.get('min')?.[0] ?? '1kb';
    const minBytes = readBytes(min);
    if (minBytes === undefined) return wrong(`has no size in min=${min}: write 1kb`);
    return { kind: 'ok', value: { path: path.value, off, types: types?.value, minBytes } };
  },
};
