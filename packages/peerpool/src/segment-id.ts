import { ID_BYTES } from './wire/messages.ts';

/** Bytes of a file, both ends included, as in a `Range` field. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Parameters that say who asks, or for which moment, and not what for: grants of an edge, and of a waiting player. */
const OF_THE_VIEWER = /^(?:media-|_HLS_)/;

/**
 * What a segment is called among viewers: path and query, without host, so that viewers of several edges share, and
 * without what is the viewer's own. Two that differ in another parameter share nothing.
 */
export function segmentKey(url: string, range: ByteRange | undefined): string {
  const { pathname, searchParams } = new URL(url);
  const kept = [...searchParams].filter(([name]) => !OF_THE_VIEWER.test(name));
  const query = kept.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `${pathname}${query.length === 0 ? '' : `?${query.join('&')}`}${range === undefined ? '' : `#${range.start}-${range.end}`}`;
}

/** The name on the wire: 32 hex digits of the key's SHA-256, so that nothing of a URL leaves the page. */
export async function segmentId(key: string): Promise<string> {
  return (await sha256Hex(new TextEncoder().encode(key))).slice(0, 2 * ID_BYTES);
}

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  // A view of shared memory is what the types fear; there is none here.
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
