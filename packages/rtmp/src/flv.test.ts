import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFlvReader } from './flv.ts';
import type { MediaTag } from './media-tag.ts';

const between = (length: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
};

function tag(type: number, ms: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(11);
  head[0] = type;
  head.writeUIntBE(payload.length, 1, 3);
  head.writeUIntBE(ms & 0xff_ff_ff, 4, 3);
  head[7] = ms >>> 24;
  return Buffer.concat([head, payload, between(11 + payload.length)]);
}

const HEADER = Buffer.concat([Buffer.from('FLV'), Buffer.of(1, 1, 0, 0, 0, 9), between(0)]);
const picture = (ms: number, key: boolean, data: number): Buffer =>
  tag(9, ms, Buffer.of(key ? 0x17 : 0x27, 1, 0, 0, 40, data, data));

const read = (bytes: Buffer) => () => createFlvReader().push(bytes, () => undefined);

describe('a stream of FLV', () => {
  it('is read the same however it is cut', () => {
    const script = tag(18, 0, Buffer.from('ignored'));
    const all = Buffer.concat([HEADER, script, picture(5, true, 1), picture(2 ** 24 + 7, false, 2)]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 }), (sizes) => {
        const reader = createFlvReader();
        const tags: MediaTag[] = [];
        let at = 0;
        for (const size of [...sizes, all.length]) {
          reader.push(all.subarray(at, at + size), (found) => {
            if (found.kind !== 'unknown') tags.push(found);
          });
          at += size;
        }
        expect(tags).toMatchObject([
          {
            kind: 'video',
            part: 'frame',
            key: true,
            timestampMs: 5,
            compositionMs: 40,
            data: Buffer.of(1, 1),
          },
          { kind: 'video', key: false, timestampMs: 2 ** 24 + 7, data: Buffer.of(2, 2) },
        ]);
      }),
    );
  });

  it('that is none is refused', () => {
    expect(read(Buffer.from('RIFF and more'))).toThrow(RangeError);
    expect(read(Buffer.concat([HEADER, Buffer.of(9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0)]))).toThrow(
      RangeError,
    );
  });
});
