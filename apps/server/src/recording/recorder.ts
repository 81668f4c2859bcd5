import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHeadLines } from '@media-network/hls';
import type { Media, PlaylistKeys, Segment } from '@media-network/hls';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { ChannelListener, Inits } from '../channel-listener.ts';
import { END, ENCRYPTED } from './recording-folder.ts';
import type { RecordingFolder } from './recording-folder.ts';

export interface RecorderDeps {
  readonly folder: RecordingFolder;
  readonly clock: Clock;
  readonly log: Log;
  /** For the streamer, in words. */
  readonly advise: (sentence: string) => void;
  /** How segments are encrypted, where they are: by track. */
  readonly keys?: ((track: string) => PlaylistKeys) | undefined;
}

export interface Recorder extends ChannelListener {
  /** Another file of the recording under way, whole or what is added to it; nothing where none is under way. */
  keep(name: string, bytes: Uint8Array, how: 'replace' | 'append'): void;
  /** When all that was told is on the disk. */
  idle(): Promise<void>;
}

/** What has not been written yet: a disk that is slower than the stream ends the recording, not the stream. */
const MOST_PENDING_BYTES = 64 * 2 ** 20;
const MEDIA = ['video', 'audio'] as const;

interface Recording {
  readonly dir: string;
  /** By track that has begun: what is said before a segment where keys or initialisation segments change. */
  readonly begun: Map<Media, ReturnType<typeof createHeadLines>>;
  told: string | undefined;
  failed: boolean;
}

/**
 * Keeps a channel's segments as files below `<folder>/<channel>/<time>`, with playlists that grow by a line a segment: what a kill
 * leaves behind is playable but for the segment under way (`recording-folder.ts` ends such ones at the next start).
 */
export function createRecorder(
  channel: string,
  { folder, clock, log, advise, keys }: RecorderDeps,
): Recorder {
  let recording: Recording | undefined;
  let pendingBytes = 0;
  let queue: Promise<void> = Promise.resolve();

  function fail(target: Recording, error: unknown): void {
    if (target.failed) return;
    target.failed = true;
    const why = errorCode(error) === 'ENOSPC' ? 'the disk is full' : errorMessage(error);
    advise(`The recording has stopped: ${why}. The stream goes on.`);
    log.error({ channel, code: errorCode(error), reason: errorMessage(error) }, 'a recording has stopped');
  }

  async function after(before: Promise<void>, target: Recording, work: () => Promise<void>): Promise<void> {
    await before;
    if (target.failed) return;
    try {
      await work();
    } catch (error) {
      fail(target, error);
    }
  }

  /** One after the other; what comes after a failure is left out. */
  function enqueue(target: Recording, bytes: number, work: () => Promise<void>): void {
    if (target.failed) return;
    if (pendingBytes + bytes > MOST_PENDING_BYTES) {
      fail(target, new Error('the disk is slower than the stream'));
      return;
    }
    pendingBytes += bytes;
    queue = after(queue, target, work).finally(() => (pendingBytes -= bytes));
  }

  function start(): Recording {
    // 20261127t171900z
    const id = new Date(clock.nowMs())
      .toISOString()
      .replaceAll(/[-:]|\.\d+/g, '')
      .toLowerCase();
    const dir = folder.begin(channel, id);
    const begun: Recording = { dir, begun: new Map(), told: undefined, failed: false };
    enqueue(begun, 0, async () => {
      await mkdir(dir, { recursive: true });
      if (keys !== undefined) await writeFile(join(dir, ENCRYPTED), '');
    });
    return begun;
  }

  function keepInits(target: Recording, inits: Inits): void {
    for (const [media, { version, bytes }] of Object.entries(inits))
      enqueue(target, bytes.length, () => writeFile(join(target.dir, `${media}-init-${version}.mp4`), bytes));
  }

  function append(target: Recording, media: Media, segment: Segment, targetDuration: number): void {
    const isFirst = !target.begun.has(media);
    const head =
      target.begun.get(media) ??
      createHeadLines({ init: (version) => `${media}-init-${version}.mp4` }, keys?.(media), undefined);
    target.begun.set(media, head);
    const name = `${media}-${segment.sequence}.m4s`;
    const lines: string[] = [];
    if (isFirst)
      lines.push(
        '#EXTM3U',
        '#EXT-X-VERSION:7',
        `#EXT-X-TARGETDURATION:${targetDuration}`,
        `#EXT-X-MEDIA-SEQUENCE:${segment.sequence}`,
        '#EXT-X-PLAYLIST-TYPE:EVENT',
      );
    else if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
    lines.push(
      ...head(segment.sequence, segment.init),
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.atMs).toISOString()}`,
    );
    if (segment.gap) lines.push('#EXT-X-GAP');
    lines.push(`#EXTINF:${segment.duration.toFixed(5)},`, name);
    enqueue(target, segment.bytes.length, async () => {
      if (!segment.gap) await writeFile(join(target.dir, name), segment.bytes);
      // The line after the file that it names.
      await appendFile(join(target.dir, `${media}.m3u8`), `${lines.join('\n')}\n`);
      folder.grew(segment.bytes.length);
    });
  }

  return {
    begins(inits) {
      recording ??= start();
      const target = recording;
      keepInits(target, inits);
    },
    cut(segments, { targetDuration, multivariant, turned }) {
      const target = recording;
      if (target === undefined) return;
      for (const media of MEDIA) {
        const segment = segments[media];
        if (segment !== undefined) append(target, media, segment, targetDuration);
      }
      // At once, for a kill leaves no time; and when its figures have changed.
      if (multivariant !== undefined && multivariant !== target.told) {
        target.told = multivariant;
        enqueue(target, 0, () => replaceFile(join(target.dir, 'index.m3u8'), multivariant));
      }
      keepInits(target, turned);
      enqueue(target, 0, () => folder.makeRoom());
    },
    ends() {
      const target = recording;
      recording = undefined;
      if (target === undefined) return;
      for (const media of target.begun.keys())
        enqueue(target, 0, () => appendFile(join(target.dir, `${media}.m3u8`), `${END}\n`));
      enqueue(target, 0, async () => folder.end(target.dir));
    },
    keep(name, bytes, how) {
      const target = recording;
      if (target === undefined) return;
      const path = join(target.dir, name);
      enqueue(target, bytes.length, async () => {
        await (how === 'append' ? appendFile(path, bytes) : replaceFile(path, bytes));
        folder.grew(bytes.length);
      });
    },
    idle: () => queue,
  };
}

/** Whole, or as it was. */
async function replaceFile(path: string, text: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.next`, text);
  await rename(`${path}.next`, path);
}
