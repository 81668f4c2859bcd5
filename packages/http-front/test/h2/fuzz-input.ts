import { seededNumbers } from '@media-network/runtime/seeded-numbers';
import { F, PREFACE, S, T, encode, frame, settingsPayload, u32 } from './probe.ts';
import type { Fields } from './probe.ts';

/** Whole numbers below a bound, as a seed determines them. */
export type Random = (below: number) => number;

export function seeded(seed: number): Random {
  const next = seededNumbers(seed);
  return (below) => Math.floor(next() * below);
}

const PATHS = ['/small', '/large', '/slow', '/slow', '/late', '/never', '/../x', '*', 'x', ''];
const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'CONNECT', 'OPTIONS', 'FOO', ''];
const EXTRA: Fields = [
  ['accept', '*/*'],
  ['cookie', 'a=1'],
  ['host', 'a.localhost'],
  ['host', 'b.localhost'],
  ['content-length', '0'],
  ['content-length', '10'],
  ['te', 'trailers'],
  ['connection', 'close'],
  ['expect', '100-continue'],
  ['range', 'bytes=0-1'],
  ['X-Upper', '1'],
  [':status', '200'],
  ['x', 'a\r\nb'],
  ['x', 'y'.repeat(5_000)],
];

function pick<T>(random: Random, from: readonly [T, ...T[]] | readonly T[]): T {
  const one = from[random(from.length)];
  if (one === undefined) throw new Error('picked from an empty list');
  return one;
}

function fields(random: Random): Fields {
  const list: (readonly [string, string])[] = [
    [':method', pick(random, METHODS)],
    [':scheme', random(20) === 0 ? 'http' : 'https'],
    [':path', pick(random, PATHS)],
    [':authority', 'a.localhost'],
  ];
  while (random(3) === 0)
    list.splice(random(4) === 0 ? random(list.length) : list.length, 0, pick(random, EXTRA));
  if (random(20) === 0) list.splice(random(list.length), 1);
  return list;
}

function bytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}

function block(random: Random, wild: boolean): Buffer {
  const kind = random(20);
  if (kind === 0 && wild) return bytes(random, random(40));
  const literals = encode(fields(random));
  // The same with incremental indexing, so that the table fills and empties.
  if (kind < 8) for (let at = 0; at < literals.length; at = nextLiteral(literals, at)) literals[at] = 0x40;
  if (kind === 8 && wild) return Buffer.concat([literals, Buffer.of(0x80 | (62 + random(4)))]);
  if (kind === 9) return Buffer.concat([Buffer.of(0x20 | random(31)), literals]);
  return literals;
}

/** Where the literal after the one at `at` begins: as `encode` writes them. */
function nextLiteral(literals: Buffer, at: number): number {
  let next = at + 1;
  for (let string = 0; string < 2; string += 1) {
    let length = (literals[next] ?? 0) & 0x7f;
    next += 1;
    if (length === 0x7f) {
      for (let shift = 1; ; shift *= 128) {
        const byte = literals[next] ?? 0;
        next += 1;
        length += (byte & 0x7f) * shift;
        if (byte < 128) break;
      }
    }
    next += length;
  }
  return next;
}

/**
 * One connection's bytes: the preface, then up to forty frames. Two of three clients keep to the rules of
 * connections, if not to those of requests; the third one does anything.
 */
export function fuzzInput(random: Random): Buffer {
  const wild = random(3) === 0;
  const frames: Buffer[] = [PREFACE, frame(T.settings, 0, 0, settings(random, wild))];
  const open: number[] = [];
  let last = -1;
  const id = (): number => {
    if (wild && random(4) === 0) return random(2 * last + 8);
    return Math.max(1, last - (random(3) === 0 ? 2 * random(4) : 0));
  };
  for (let left = random(40); left > 0; left -= 1) {
    const kind = last === -1 && !wild ? 0 : random(30);
    if (kind < 13) {
      if (last === -1 || !wild || random(15) !== 0) last += 2;
      const whole = block(random, wild);
      const end = random(3) === 0 ? 0 : F.endStream;
      if (end === 0) open.push(last);
      if (random(6) === 0 && whole.length < 16_384) {
        const cut = random(whole.length + 1);
        frames.push(
          frame(T.headers, end, last, whole.subarray(0, cut)),
          frame(T.continuation, F.endHeaders, last, whole.subarray(cut)),
        );
      } else if (random(8) === 0) {
        const padding = random(6);
        const padded = Buffer.concat([
          Buffer.of(padding + (wild ? random(3) : 0)),
          whole,
          Buffer.alloc(padding),
        ]);
        frames.push(frame(T.headers, end | F.endHeaders | F.padded, last, padded));
      } else frames.push(frame(T.headers, end | F.endHeaders, last, whole));
    } else if (kind < 18) {
      const size = random(4) === 0 ? random(16_385) : random(20);
      const end = random(3) === 0 ? F.endStream : 0;
      const to = end === 0 ? open.at(-1) : open.pop();
      if (wild) frames.push(frame(T.data, random(3) === 0 ? random(16) : end, id(), Buffer.alloc(size, 1)));
      else if (to !== undefined) frames.push(frame(T.data, end, to, Buffer.alloc(size, 1)));
    } else if (kind < 23) {
      const increment = pick(
        random,
        wild ? [0, 1, 1_000, 1_000_000, 2 ** 31 - 1] : [1, 1_000, 20_000, 1_000_000],
      );
      frames.push(frame(T.window, 0, random(2) === 0 ? 0 : id(), u32(increment)));
    } else if (kind === 23)
      frames.push(frame(T.settings, wild && random(5) === 0 ? F.ack : 0, 0, settings(random, wild)));
    else if (kind === 24) {
      const gone = wild ? id() : Math.max(1, last);
      if (open.at(-1) === gone) open.pop();
      frames.push(frame(T.reset, 0, gone, u32(random(14))));
    } else if (kind === 25) frames.push(frame(T.ping, random(2), 0, bytes(random, 8)));
    else if (kind === 26) frames.push(frame(T.priority, 0, id(), bytes(random, 5)));
    else if (kind === 27)
      frames.push(frame(wild ? random(16) : 10 + random(9), random(256), id(), bytes(random, random(30))));
    else if (kind === 28 && wild)
      frames.push(frame(T.continuation, random(2) * F.endHeaders, id(), block(random, wild)));
    else if (kind === 29 && random(4) === 0) frames.push(frame(T.goAway, 0, 0, bytes(random, 8 + random(4))));
  }
  const whole = Buffer.concat(frames);
  for (let flips = wild && random(2) === 0 ? 1 + random(3) : 0; flips > 0; flips -= 1)
    whole[random(whole.length)] = random(256);
  return whole;
}

function settings(random: Random, wild: boolean): Buffer {
  const entries: (readonly [number, number])[] = [];
  while (random(2) === 0)
    entries.push(
      pick(random, [
        [S.window, pick(random, [0, 1, 100, 65_535, 1_000_000, wild ? 2 ** 31 - 1 : 65_535])],
        [S.frame, pick(random, [16_384, 20_000, 16_777_215])],
        [S.tableSize, random(10_000)],
        [S.streams, random(10)],
        [0x99, random(1_000)],
        [S.push, wild && random(5) === 0 ? 2 : 0],
      ] as const),
    );
  return settingsPayload(entries);
}
