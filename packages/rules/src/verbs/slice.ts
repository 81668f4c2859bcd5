import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import type { PathPattern } from '../path.ts';
import { readBytes } from '../units.ts';
import { pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** Large objects in slices. The first rule that fits a path decides. */
export interface SliceRule {
  readonly path: PathPattern;
  /** Never in slices. */
  readonly off: boolean;
  readonly sizeBytes: number;
  /** What is larger is never fetched whole. */
  readonly aboveBytes: number;
}

/** Small enough to be kept in RAM, large enough that an origin is not asked all the time. */
export const SLICE_BYTES: number = 2 ** 20;
/** A slice is fetched whole for a byte of it. */
const MAX_SLICE_BYTES = 16 * 2 ** 20;

export const slice: Verb<SliceRule> = {
  name: 'slice',
  usage: 'slice [PATH] [off] [above=64mb] [size=1mb]',
  says: 'Fetches objects larger than above in slices of a size from 1mb to 16mb, as viewers get to them, and keeps each by itself; off: never.',
  leavesKept: true,
  notes: [
    'Each slice is kept by itself, so that a seek into 10 GB costs the origin one slice. Without a rule that is done with slices of 1 MB where the whole cannot be kept (`--max-object-bytes` of the edge), or where a part is asked for of what is larger than 4 MB and not there; all else is fetched whole, in one row, and has a digest of the whole that guards compare.',
    'An object in slices needs a strong `ETag`, a length, no coding, and an origin that answers `Range` with `If-Range`; any other is fetched as ever. Versions are never put together: where the object is replaced in the middle of an answer, that answer is cut, and the next one is of the new version.',
  ],
  examples: ['slice /films/* above=64mb size=4mb', 'slice /live/* off'],
  read(line: Line): Reading<SliceRule> {
    const off = line.words.includes('off');
    const words = line.words.filter((word) => word !== 'off');
    const unknown = unknownParts({ ...line, words }, { words: 1, options: ['above', 'size'] });
    if (unknown !== undefined) return unknown;
    const path = pathOf(words[0]);
    if (path.kind === 'wrong') return path;
    if (off && line.options.size > 0) return wrong('says off and a size');
    const size = line.options.get('size')?.[0] ?? '1mb';
    const sizeBytes = readBytes(size);
    if (sizeBytes === undefined || sizeBytes < SLICE_BYTES || sizeBytes > MAX_SLICE_BYTES)
      return wrong(`has size=${size}: from 1mb to 16mb`);
    const above = line.options.get('above')?.[0] ?? '64mb';
    const aboveBytes = readBytes(above);
    if (aboveBytes === undefined || aboveBytes < sizeBytes)
      return wrong(`has above=${above}: a size such as 64mb, no smaller than a slice`);
    return { kind: 'ok', value: { path: path.value, off, sizeBytes, aboveBytes } };
  },
};
