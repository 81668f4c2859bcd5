/** Small pictures of a stream, by rows on sheets: what players show above the time bar. */

export const THUMB = { width: 160, height: 90 } as const;
const COLUMNS = 5;
const ROWS = 5;
/** Pictures a sheet. */
export const SHEET_THUMBS: number = COLUMNS * ROWS;

/** What ffmpeg makes of a picture: all of it, within a frame of the same size for all. */
export const THUMB_FILTERS: string = `scale=${THUMB.width}:${THUMB.height}:force_original_aspect_ratio=decrease:flags=fast_bilinear,pad=${THUMB.width}:${THUMB.height}:-1:-1,format=yuvj420p`;
/** And of so many of them. */
export const SHEET_FILTERS: string = `tile=${COLUMNS}x${ROWS},format=yuvj420p`;

export const sheetName = (sheet: number): string => `sprite-${sheet}.jpg`;

/** One line of the list: what is shown for a stretch of time, seconds. `index` counts all pictures of the stream. */
export function cueOf(index: number, startS: number, endS: number): string {
  const at = index % SHEET_THUMBS;
  const [x, y] = [(at % COLUMNS) * THUMB.width, Math.floor(at / COLUMNS) * THUMB.height];
  const sheet = sheetName(Math.floor(index / SHEET_THUMBS));
  return `${clockOf(startS)} --> ${clockOf(endS)}\n${sheet}#xywh=${x},${y},${THUMB.width},${THUMB.height}\n\n`;
}

/** The first line of a list (WebVTT, 4.1); `zeroMs`: when its second 0 was, Unix milliseconds. */
export const headOf = (zeroMs: number): string => `WEBVTT from ${new Date(zeroMs).toISOString()}\n\n`;

const two = (value: number): string => String(value).padStart(2, '0');

/** 01:02:03.456 */
function clockOf(seconds: number): string {
  const ms = Math.round(seconds * 1_000);
  const [h, m, s] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1_000) % 60];
  return `${two(h)}:${two(m)}:${two(s)}.${String(ms % 1_000).padStart(3, '0')}`;
}
