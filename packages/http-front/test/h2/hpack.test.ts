import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FieldList, HpackDecoder } from '../../src/h2/hpack-decoder.ts';
import { encodeBlock } from '../../src/h2/hpack-encoder.ts';
import { PathMemo } from '../../src/h2/path-memo.ts';
import { huffmanDecode, huffmanEncode, huffmanLength, maxDecodedBytes } from '../../src/h2/huffman.ts';

function decode(decoder: HpackDecoder, hex: string): string[] | 'error' {
  const block = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const list = new FieldList(100_000, 1_000);
  if (!decoder.decode(block, 0, block.length, list)) return 'error';
  return list.fields.map(({ name, value }) => `${name}: ${value}`);
}

describe('the examples of RFC 7541, Appendix C', () => {
  test('C.2: single representations', () => {
    const custom = '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572';
    const decoder = new HpackDecoder(4_096);
    expect(decode(decoder, custom)).toEqual(['custom-key: custom-header']);
    expect(decoder.tableBytes).toBe(55);
    expect(decode(new HpackDecoder(4_096), '040c 2f73 616d 706c 652f 7061 7468')).toEqual([
      ':path: /sample/path',
    ]);
    expect(decode(new HpackDecoder(4_096), '1008 7061 7373 776f 7264 0673 6563 7265 74')).toEqual([
      'password: secret',
    ]);
    expect(decode(new HpackDecoder(4_096), '82')).toEqual([':method: GET']);
  });

  test.each([
    [
      'C.3: requests without Huffman',
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
    ],
    [
      'C.4: requests with Huffman',
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
    ],
  ])('%s', (_name, blocks) => {
    const decoder = new HpackDecoder(4_096);
    const place = [':scheme: http', ':path: /', ':authority: www.example.com'];
    expect(decode(decoder, blocks[0] ?? '')).toEqual([':method: GET', ...place]);
    expect(decoder.tableBytes).toBe(57);
    expect(decode(decoder, blocks[1] ?? '')).toEqual([':method: GET', ...place, 'cache-control: no-cache']);
    expect(decoder.tableBytes).toBe(110);
    expect(decode(decoder, blocks[2] ?? '')).toEqual([
      ':method: GET',
      ':scheme: https',
      ':path: /index.html',
      ':authority: www.example.com',
      'custom-key: custom-value',
    ]);
    expect(decoder.tableBytes).toBe(164);
  });

  test('C.6: responses with Huffman, evicting from a table of 256 bytes', () => {
    const decoder = new HpackDecoder(256);
    const first = [
      ':status: 302',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:21 GMT',
      'location: https://www.example.com',
    ];
    expect(
      decode(
        decoder,
        '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      ),
    ).toEqual(first);
    expect(decoder.tableBytes).toBe(222);
    expect(decode(decoder, '4883 640e ffc1 c0bf')).toEqual([':status: 307', ...first.slice(1)]);
    expect(decoder.tableBytes).toBe(222);
    expect(
      decode(
        decoder,
        '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
      ),
    ).toEqual([
      ':status: 200',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:22 GMT',
      'location: https://www.example.com',
      'content-encoding: gzip',
      'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ]);
    expect(decoder.tableBytes).toBe(215);
  });
});

describe('what no decoder may take', () => {
  test.each([
    ['an index beyond both tables', 'be'],
    ['a name index beyond both tables', '7f 20 01 61'],
    ['index 0', '80'],
    ['an integer without end', 'ff ff ff ff ff ff ff ff 01'],
    ['an integer that stops', 'ff'],
    ['a string longer than the block', '00 05 61 62'],
    ['a name without a value', '00 01 61'],
    ['a table size above the limit', '3f e2 1f'],
    ['a table size after a field', '82 20'],
    ['three table sizes', '20 20 20 82'],
    ['Huffman: EOS', '00 01 61 84 ff ff ff ff'],
    ['Huffman: eight bits of padding', '00 01 61 82 1f ff'],
    ['Huffman: padding of zeros', '00 01 61 81 18'],
  ])('%s', (_name, hex) => {
    expect(decode(new HpackDecoder(4_096), hex)).toBe('error');
  });
});

test('a line larger than the table empties it, and the table never outgrows its limit', () => {
  const decoder = new HpackDecoder(128);
  decode(decoder, '40 01 61 01 62');
  expect(decoder.tableBytes).toBe(34);
  decode(decoder, `40 01 61 7f 21 ${'62'.repeat(160)}`);
  expect(decoder.tableBytes).toBe(0);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const list = new FieldList(1_000, 10);
      decoder.decode(Buffer.from(bytes), 0, bytes.length, list);
      return decoder.tableBytes <= 128 && list.fields.length <= 10;
    }),
  );
});

test('a path is remembered by its bytes, and only by all of them', () => {
  const paths = new PathMemo();
  const of = (hex: string): string[] | 'error' => decode(new HpackDecoder(4_096, paths), hex);
  for (let times = 0; times < 2; times += 1) {
    expect(of('04 02 2f 61')).toEqual([':path: /a']);
    expect(of('04 02 2f 62')).toEqual([':path: /b']);
    expect(of('04 03 2f 61 62')).toEqual([':path: /ab']);
    // The same in Huffman code, and under a name that is spelt out.
    expect(of('04 82 60 7f')).toEqual([':path: /a']);
    expect(of('00 05 3a 70 61 74 68 02 2f 61')).toEqual([':path: /a']);
    expect(of(`04 7f a1 02 2f ${'61'.repeat(415)}`)).toEqual([`:path: /${'a'.repeat(415)}`]);
    expect(of('04 02 2f')).toBe('error');
    expect(of('04')).toBe('error');
  }
});

test('Huffman codes say what they were given, every byte of them', () => {
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.constant(all),
        fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b).toString('latin1')),
      ),
      (text) => {
        const coded = Buffer.alloc(huffmanLength(text));
        expect(huffmanEncode(text, coded, 0)).toBe(coded.length);
        const decoded = Buffer.alloc(maxDecodedBytes(coded.length));
        const length = huffmanDecode(coded, 0, coded.length, decoded);
        return decoded.toString('latin1', 0, length) === text;
      },
    ),
  );
});

describe('answers', () => {
  test('blocks say their fields to a decoder, whatever its table', () => {
    const name = fc
      .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/)
      .filter((n) => !/^(?:connection|upgrade)$/i.test(n));
    const value = fc.stringMatching(/^[!-~\u0080-\u00ff]{1,60}$/);
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), fc.array(fc.tuple(name, value)), (status, fields) => {
        const block = encodeBlock(status, fields.flat());
        expect(decode(new HpackDecoder(0), block.toString('hex'))).toEqual([
          `:status: ${status}`,
          ...fields.map(([n, v]) => `${n.toLowerCase()}: ${v}`),
        ]);
      }),
    );
  });

  test('leave out what belongs to a connection, and refuse what cannot be sent', () => {
    const block = encodeBlock(204, [
      'Connection',
      'close',
      'Keep-Alive',
      '5',
      'Transfer-Encoding',
      'chunked',
    ]);
    expect(block.toString('hex')).toBe('89');
    for (const fields of [
      ['a b', 'x'],
      ['x', 'a\r\nb'],
      ['x', 'a\0'],
      [':status', '200'],
      ['', 'x'],
    ])
      expect(() => encodeBlock(200, fields)).toThrow(TypeError);
    expect(() => encodeBlock(99, [])).toThrow(TypeError);
  });

  test('secrets are marked never to be indexed', () => {
    expect(encodeBlock(200, ['set-cookie', 'a=1'])[1]).toBe(0x1f);
  });
});
