import { createFastHit, defaultHttp2Limits, defaultLimits } from '../../src/index.ts';
import { BatchPool } from '../../src/h2/frame-output.ts';
import type { Http2Stream } from '../../src/h2/h2-stream.ts';
import { FieldList, HpackDecoder } from '../../src/h2/hpack-decoder.ts';
import { encodeBlock } from '../../src/h2/hpack-encoder.ts';
import { PathMemo } from '../../src/h2/path-memo.ts';
import { Http2Session } from '../../src/h2/session.ts';
import { F, T } from './probe.ts';
import { fuzzInput, seeded } from './fuzz-input.ts';
import type { Random } from './fuzz-input.ts';

const hits = new Map(
  Object.entries({ '/small': Buffer.alloc(100, 1), '/large': Buffer.alloc(100_000, 2) }).map(
    ([target, body]) => [
      target,
      createFastHit({ token: 'hit', status: 200, headers: ['x', 'y'], body, varying: () => ['age', '1'] }),
    ],
  ),
);
const pool = new BatchPool();
const paths = new PathMemo();
const HEAD = encodeBlock(200, ['content-type', 'text/plain']);
const LONG_HEAD = encodeBlock(200, ['x-long', 'z'.repeat(30_000)]);

export interface FuzzResult {
  /** GOAWAY code, -1 when the connection lived. */
  readonly code: number;
  readonly answered: number;
}

/**
 * Feeds a session what a seed makes, in pieces of any size, with a socket that takes its time and handlers
 * that answer now, later or never. Throws when the session does, or when what comes out is not HTTP/2 that
 * this client may be sent.
 */
export function fuzzOnce(seed: number): FuzzResult {
  const random = seeded(seed);
  const input = fuzzInput(random);
  const out: Buffer[] = [];
  const taken: (() => void)[] = [];
  const later: (() => void)[] = [];
  const account = { written: 0, lost: false, ended: false };
  let handedOver = 0;
  const session = new Http2Session<string>({
    limits: defaultLimits,
    http2: { ...defaultHttp2Limits, maxConcurrentStreams: 5, maxHandedOver: 8 },
    pool,
    paths,
    scheme: 'https',
    sink: {
      write(bytes, done) {
        const copy = Buffer.from(bytes);
        out.push(copy);
        taken.push(() => {
          if (!copy.equals(bytes)) throw new Error('a buffer changed before it was taken');
          done();
        });
      },
    },
    events: {
      onWritten(_token, head, body) {
        account.written += head + body;
      },
    },
    nowMs: () => 0,
    second: () => 0,
    taker: {
      fast: ({ target }) => hits.get(target),
      onRequest(stream, { target }) {
        handedOver += 1;
        stream.upload?.resume();
        const act = (): void => {
          handedOver -= 1;
          respond(session, stream, random);
        };
        if (target === '/never') return;
        if (target === '/late') later.push(act);
        else act();
      },
      onFastHit: () => undefined,
      onRefused: () => undefined,
      onFailed(error) {
        throw error;
      },
      handedOver: () => handedOver,
    },
    onEnd: () => {
      account.ended = true;
    },
    onCut: () => {
      account.lost = true;
    },
    onBacklog: () => undefined,
  });
  let sent = 0;
  const sum = (): number => out.reduce((bytes, one) => bytes + one.length, 0);
  const settle = (): void => {
    const done = taken.shift();
    sent += 1;
    done?.();
  };
  for (let at = 0; at < input.length && !account.ended && !account.lost;) {
    const take = random(3) === 0 ? 1 + random(12) : 1 + random(30_000);
    session.receive(Buffer.from(input.subarray(at, at + take)));
    at += take;
    if (random(2) === 0) while (taken.length > 0 && random(3) !== 0) settle();
    if (random(2) === 0) later.shift()?.();
    if (session.openStreams > 5) throw new Error(`${session.openStreams} streams are open`);
    if (taken.length > defaultHttp2Limits.maxBatchesInFlight + 1) throw new Error('too much is under way');
  }
  for (const act of later) act();
  session.sweep(0);
  while (taken.length > 0) settle();
  session.sweep(0);
  while (taken.length > 0) settle();
  session.close();
  if (!account.lost && account.written !== sum())
    throw new Error(`${account.written} bytes were accounted of ${sum()} in ${sent} writes`);
  return checkOutput(Buffer.concat(out), input);
}

function respond(session: Http2Session<string>, stream: Http2Stream<string>, random: Random): void {
  if (stream.answered || stream.dead) return;
  stream.answered = true;
  stream.account('slow');
  const kind = random(6);
  session.sendHead(stream, random(10) === 0 ? LONG_HEAD : HEAD, kind === 0 || stream.headOnly);
  if (kind === 0 || stream.headOnly) return;
  if (kind === 1) session.cut(stream, 2);
  else if (kind === 2) session.sendEnd(stream);
  else if (kind === 3)
    session.sendBody(stream, Buffer.alloc(50_000, 3), false, () => session.sendEnd(stream));
  else session.sendBody(stream, Buffer.alloc(random(40_000), 3), true);
}

/** What a client may be sent (RFC 9113), as far as it can be told from both directions of one connection. */
function checkOutput(output: Buffer, input: Buffer): FuzzResult {
  const allowed = windowsOf(input);
  const data = new Map<number, number>();
  const closed = new Set<number>();
  const decoder = new HpackDecoder(4_096);
  let total = 0;
  let code = -1;
  let answered = 0;
  let block: { id: number; parts: Buffer[]; end: boolean } | undefined;
  for (let at = 0, count = 0; at < output.length; count += 1) {
    const length = output.readUIntBE(at, 3);
    const type = output[at + 3] ?? 0;
    const flags = output[at + 4] ?? 0;
    const id = output.readUInt32BE(at + 5);
    const payload = output.subarray(at + 9, at + 9 + length);
    at += 9 + length;
    const wrong = (why: string): Error => new Error(`frame ${count}, type ${type}, stream ${id}: ${why}`);
    if (payload.length !== length || length > 16_384) throw wrong('of a wrong length');
    if (count === 0 && type !== T.settings) throw wrong('before SETTINGS');
    if (code !== -1) throw wrong('after GOAWAY with an error');
    if (block !== undefined && (type !== T.continuation || id !== block.id)) throw wrong('within a block');
    if (type === T.headers || type === T.data) {
      if (id % 2 === 0 || id > allowed.lastId) throw wrong('of a stream that was never asked for');
      if (closed.has(id)) throw wrong('after the end of its stream');
    }
    if (type === T.headers) block = { id, parts: [], end: (flags & F.endStream) !== 0 };
    if (type === T.headers || type === T.continuation) {
      if (block === undefined) throw wrong('without HEADERS');
      block.parts.push(payload);
      if ((flags & F.endHeaders) !== 0) {
        const whole = Buffer.concat(block.parts);
        const list = new FieldList(100_000, 100);
        if (!decoder.decode(whole, 0, whole.length, list)) throw wrong('cannot be decoded');
        if (list.fields[0]?.name !== ':status') throw wrong('without a status');
        answered += 1;
        if (block.end) closed.add(id);
        block = undefined;
      }
    } else if (type === T.data) {
      total += length;
      const sum = (data.get(id) ?? 0) + length;
      data.set(id, sum);
      if (sum > allowed.initial + (allowed.byStream.get(id) ?? 0)) throw wrong('beyond its window');
      if (total > allowed.connection) throw wrong('beyond the window of the connection');
      if ((flags & F.endStream) !== 0) closed.add(id);
    } else if (type === T.reset) closed.add(id);
    else if (type === T.goAway && payload.readUInt32BE(4) !== 0) code = payload.readUInt32BE(4);
  }
  return { code, answered };
}

/** Windows at their widest, by what the input says wherever it can be read. */
function windowsOf(input: Buffer): {
  initial: number;
  connection: number;
  byStream: Map<number, number>;
  lastId: number;
} {
  const byStream = new Map<number, number>();
  let initial = 65_535;
  let connection = 65_535;
  let lastId = 0;
  for (let at = 24; at + 9 <= input.length;) {
    const length = input.readUIntBE(at, 3);
    const type = input[at + 3] ?? 0;
    const flags = input[at + 4] ?? 0;
    const id = input.readUInt32BE(at + 5) & 0x7fff_ffff;
    const payload = input.subarray(at + 9, at + 9 + length);
    at += 9 + length;
    if (payload.length < length) break;
    if (type === T.headers) lastId = Math.max(lastId, id);
    if (type === T.settings && (flags & F.ack) === 0) {
      for (let entry = 0; entry + 6 <= length; entry += 6)
        if (payload.readUInt16BE(entry) === 4) initial = Math.max(initial, payload.readUInt32BE(entry + 2));
    }
    if (type !== T.window || length !== 4) continue;
    const increment = payload.readUInt32BE() & 0x7fff_ffff;
    if (id === 0) connection += increment;
    else byStream.set(id, (byStream.get(id) ?? 0) + increment);
  }
  return { initial, connection, byStream, lastId };
}
