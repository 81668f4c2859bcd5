/** A channel that is always on: the sample's stream, over and over, as an HLS playlist that goes on. */
export interface LiveChannel {
  /** Text of a playlist; undefined for a path that is none of the channel's. */
  playlist(target: string, nowMs: number): string | undefined;
  /** The file of the sample behind a segment of the channel, while players may ask for it. */
  segment(target: string, nowMs: number): string | undefined;
}

const SEGMENT_SECONDS = 2;
/** Segments that a playlist names: as many as players need to begin and to catch up. */
const NAMED = 8;
/** Segments before those that are still answered. */
const KEPT = 30;
const RENDITIONS: readonly string[] = ['180p', '360p'];

const MASTER = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=160000,AVERAGE-BANDWIDTH=130000,RESOLUTION=320x180,FRAME-RATE=24.000,CODECS="avc1.4d4015,mp4a.40.2"
180p.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=400000,AVERAGE-BANDWIDTH=310000,RESOLUTION=640x360,FRAME-RATE=24.000,CODECS="avc1.4d401f,mp4a.40.2"
360p.m3u8
`;

/** The newest that is whole. Counted from the epoch, so that a restart goes on where it was. */
const newest = (nowMs: number): number => Math.floor(nowMs / 1_000 / SEGMENT_SECONDS) - 1;

/**
 * `count` segments of the sample, two seconds each. Beginnings are counted from `sinceMs` on: players keep a list as long
 * as the count of them, and counted from 1970 it stops a browser for seconds with each segment.
 */
export function createLiveChannel(count: number, sinceMs: number): LiveChannel {
  const before = Math.floor((newest(sinceMs) - NAMED) / count);
  return {
    playlist(target, nowMs) {
      if (target === '/live/master.m3u8') return MASTER;
      const rendition = /^\/live\/(\w+)\.m3u8$/.exec(target)?.[1];
      if (rendition === undefined || !RENDITIONS.includes(rendition)) return undefined;
      const last = newest(nowMs);
      const first = last - NAMED + 1;
      const lines = [
        '#EXTM3U',
        '#EXT-X-VERSION:7',
        `#EXT-X-TARGETDURATION:${SEGMENT_SECONDS}`,
        `#EXT-X-MEDIA-SEQUENCE:${first}`,
        // Begins of the sample that are no longer named.
        `#EXT-X-DISCONTINUITY-SEQUENCE:${Math.max(0, Math.floor((first - 1) / count) - before)}`,
        '#EXT-X-INDEPENDENT-SEGMENTS',
        `#EXT-X-MAP:URI="/hls/${rendition}/init.mp4"`,
      ];
      for (let n = first; n <= last; n += 1) {
        // Its clock begins anew.
        if (n % count === 0) lines.push('#EXT-X-DISCONTINUITY');
        const begins = new Date(n * SEGMENT_SECONDS * 1_000).toISOString();
        lines.push(`#EXT-X-PROGRAM-DATE-TIME:${begins}`);
        lines.push(`#EXTINF:${SEGMENT_SECONDS.toFixed(3)},`, `${rendition}/${n}.m4s`);
      }
      return `${lines.join('\n')}\n`;
    },
    segment(target, nowMs) {
      const [, rendition, number] = /^\/live\/(\w+)\/(\d{1,12})\.m4s$/.exec(target) ?? [];
      if (rendition === undefined || !RENDITIONS.includes(rendition)) return undefined;
      const n = Number(number);
      const last = newest(nowMs);
      if (n > last || n < last - NAMED - KEPT) return undefined;
      return `/hls/${rendition}/${String(n % count).padStart(3, '0')}.m4s`;
    },
  };
}
