import type { ByteRange } from './origin-fetch.ts';
import { drawRange } from './profiles.ts';
import type { HeaderList } from './profiles.ts';

/**
 * How a target is asked for. A glance costs next to nothing and shows only that the edge is there: a browser that asks
 * whether its copy is still good, or a player that asks how large a film is.
 */
export type LookShape =
  | { readonly kind: 'whole' }
  | { readonly kind: 'piece'; readonly range: ByteRange }
  | { readonly kind: 'glance'; readonly range: ByteRange | undefined };

/** Of whole bodies that are compared; what is larger is compared in pieces. */
export const MAX_WHOLE: number = 4 * 2 ** 20;
/** Room for a head, and for a body that is a little larger than it was. */
export const MARGIN = 2_048;
/** Players ask for ranges of what is larger. */
const PLAYED_BYTES = 65_536;
/** Players learn an object's size by its first two bytes. */
export const FIRST_BYTES: ByteRange = [0, 1];

/** What players and download managers fetch by ranges; a range of a picture would tell a probe from a viewer. */
const BY_RANGES = /\.(?:mp4|m4[svap]|webm|ts|mp3|aac|ogg|mov|mkv|bin|zip|iso|dmg|pdf)(?:\?|$)/i;

/** Whether there is room for a look that shows bytes. */
export function canLook(target: string, size: number | undefined, room: number): boolean {
  // What nobody knows the size of is first asked of its origin, whose bytes nobody is billed for.
  if (size === undefined) return room > MARGIN;
  if (size + MARGIN <= Math.min(room, MAX_WHOLE)) return true;
  return BY_RANGES.test(target) && room >= 16_384 + MARGIN;
}

export function shapeOf(
  target: string,
  size: number | undefined,
  at: { readonly room: number; readonly plays: boolean; readonly random: () => number },
): LookShape {
  const media = BY_RANGES.test(target);
  const glance: LookShape = { kind: 'glance', range: media ? FIRST_BYTES : undefined };
  if (size === undefined) return glance;
  const fits = size + MARGIN <= Math.min(at.room, MAX_WHOLE);
  if (fits && !(media && at.plays && size > PLAYED_BYTES)) return { kind: 'whole' };
  const range = media ? drawRange(size, Math.max(0, at.room - MARGIN), at.random) : undefined;
  return range === undefined ? glance : { kind: 'piece', range };
}

/** The fields that make a request one of its shape; `known` are the validators that the origin named last. */
export function shapeFields(
  shape: LookShape,
  known: { readonly etag: string | undefined; readonly lastModified: string | undefined } | undefined,
): HeaderList {
  if (shape.kind === 'whole') return [];
  if (shape.range !== undefined) return [['Range', `bytes=${shape.range[0]}-${shape.range[1]}`]];
  if (known?.etag !== undefined) return [['If-None-Match', known.etag]];
  return known?.lastModified === undefined ? [] : [['If-Modified-Since', known.lastModified]];
}
