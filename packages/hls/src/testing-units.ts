import { expect } from 'vitest';
import type { AudioTrack, VideoTrack } from './mp4/track.ts';

export const VIDEO: VideoTrack = {
  kind: 'video',
  codecs: 'avc1.42c01e',
  format: 'avc1',
  timescale: 90_000,
  width: 640,
  height: 360,
  config: Uint8Array.of(1),
};
export const AUDIO: AudioTrack = {
  kind: 'audio',
  codecs: 'mp4a.40.2',
  format: 'mp4a',
  timescale: 48_000,
  channels: 2,
  frameSamples: 1_024,
  config: Uint8Array.of(0x11, 0x90),
};

/** The boxes of a file, read anew. */
export function boxesOf(bytes: Uint8Array): { readonly type: string; readonly body: Uint8Array }[] {
  const boxes = [];
  for (let at = 0; at < bytes.length;) {
    const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0);
    expect(length).toBeGreaterThanOrEqual(8);
    expect(at + length).toBeLessThanOrEqual(bytes.length);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    boxes.push({ type, body: bytes.subarray(at + 8, at + length) });
    at += length;
  }
  return boxes;
}

function inner(bytes: Uint8Array, ...path: readonly string[]): Uint8Array {
  let body = bytes;
  for (const type of path) {
    const found = boxesOf(body).find((each) => each.type === type);
    if (found === undefined) throw new Error(`no box ${type}`);
    ({ body } = found);
  }
  return body;
}

/** What a fragment says: when it begins, what each sample lasts and holds. */
export function readFragment(bytes: Uint8Array): {
  readonly decodeTime: number;
  readonly samples: readonly {
    readonly duration: number;
    readonly key: boolean;
    readonly offset: number;
    readonly data: Uint8Array;
  }[];
} {
  const tfdt = inner(bytes, 'moof', 'traf', 'tfdt');
  const trun = inner(bytes, 'moof', 'traf', 'trun');
  const view = new DataView(trun.buffer, trun.byteOffset, trun.length);
  const count = view.getUint32(4);
  let at = view.getUint32(8);
  const samples = Array.from({ length: count }, (_, i) => {
    const row = 12 + 16 * i;
    const size = view.getUint32(row + 4);
    const data = bytes.subarray(at, at + size);
    at += size;
    return {
      duration: view.getUint32(row),
      key: view.getUint32(row + 8) === 0x02_00_00_00,
      offset: view.getInt32(row + 12),
      data,
    };
  });
  expect(at).toBe(bytes.length);
  return { decodeTime: Number(new DataView(tfdt.buffer, tfdt.byteOffset).getBigUint64(4)), samples };
}
