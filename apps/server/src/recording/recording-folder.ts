import { readFile, readdir, rm, stat, truncate, appendFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { readIfPresent } from '@media-network/runtime/durable-file';

/** The last line of a playlist to which nothing is added any more (RFC 8216bis, 4.4.3.4). */
export const END = '#EXT-X-ENDLIST';

/** A file that says of a recording that its segments are encrypted. */
export const ENCRYPTED = 'encrypted';

export interface RecordingInfo {
  readonly channel: string;
  /** When it began, as in `20261127t171900z`. */
  readonly id: string;
  readonly bytes: number;
  readonly finished: boolean;
}

/** All recordings of a server, and the room that they may take. */
export interface RecordingFolder {
  /** Where a recording goes, which is under way from now on. */
  begin(channel: string, id: string): string;
  grew(bytes: number): void;
  end(dir: string): void;
  /** The oldest go until the rest fits. Throws where what is under way alone does not. */
  makeRoom(): Promise<void>;
  list(): Promise<readonly RecordingInfo[]>;
  /** Bytes of one of its files; undefined where there is none. */
  read(channel: string, id: string, file: string): Promise<Uint8Array | undefined>;
  isEncrypted(channel: string, id: string): Promise<boolean>;
}

const ID = /^\d{8}t\d{6}z$/;
const CHANNEL = /^[a-z0-9-]{1,32}$/;
const FILE =
  /^(?:(?:index|video|audio)(?:-init-\d{1,6}|-\d{1,15})?\.(?:m3u8|m4s|mp4)|thumbnails\.vtt|sprite-\d{1,6}\.jpg)$/;

/** `maxBytes`: ceiling of all recordings together. Ends what a kill has left under way. */
export async function openRecordingFolder(
  dir: string,
  { maxBytes, log }: { readonly maxBytes: number; readonly log: Log },
): Promise<RecordingFolder> {
  const underWay = new Set<string>();
  for (const path of await pathsIn(dir))
    if (await finish(path)) log.info({ recording: path }, 'ended a recording that was cut off');
  let bytes = 0;
  for (const path of await pathsIn(dir)) bytes += await sizeOf(path);

  return {
    begin(channel, id) {
      const path = join(dir, channel, id);
      underWay.add(path);
      return path;
    },
    grew(more) {
      bytes += more;
    },
    end(path) {
      underWay.delete(path);
    },
    async makeRoom() {
      if (bytes <= maxBytes) return;
      const old = (await pathsIn(dir))
        .filter((path) => !underWay.has(path))
        .sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
      for (const path of old) {
        if (bytes <= maxBytes) return;
        const size = await sizeOf(path);
        await rm(path, { recursive: true, force: true });
        bytes -= size;
        log.info({ recording: path }, 'an old recording made room');
      }
      if (bytes > maxBytes) throw new Error('recordings may take no more room');
    },
    async list() {
      const paths = await pathsIn(dir);
      return Promise.all(
        paths.map(async (path) => ({
          channel: basename(dirname(path)),
          id: basename(path),
          bytes: await sizeOf(path),
          finished: !underWay.has(path),
        })),
      );
    },
    async read(channel, id, file) {
      if (!CHANNEL.test(channel) || !ID.test(id) || !FILE.test(file)) return undefined;
      return readIfPresent(join(dir, channel, id, file));
    },
    async isEncrypted(channel, id) {
      if (!CHANNEL.test(channel) || !ID.test(id)) return false;
      return (await readIfPresent(join(dir, channel, id, ENCRYPTED))) !== undefined;
    },
  };
}

/** Folders of recordings, two below the top one. */
async function pathsIn(dir: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const channel of await namesIn(dir)) {
    if (!CHANNEL.test(channel)) continue;
    for (const id of await namesIn(join(dir, channel))) if (ID.test(id)) paths.push(join(dir, channel, id));
  }
  return paths;
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function sizeOf(path: string): Promise<number> {
  const sizes = (await namesIn(path)).map(async (name) => {
    const found = await stat(join(path, name)).catch(() => undefined);
    return found?.size ?? 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Ends playlists that were cut off: what is after the last whole segment goes. True where there was something to do. */
async function finish(path: string): Promise<boolean> {
  let changed = false;
  for (const media of ['video', 'audio']) {
    const playlist = join(path, `${media}.m3u8`);
    const text = await readFile(playlist, 'utf8').catch(() => undefined);
    if (text === undefined || text.endsWith(`${END}\n`)) continue;
    const whole = /^[^]*\.m4s\n/.exec(text)?.[0] ?? '';
    if (whole.length < text.length) await truncate(playlist, Buffer.byteLength(whole));
    await appendFile(playlist, `${END}\n`);
    changed = true;
  }
  return changed;
}
