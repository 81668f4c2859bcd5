import { encode, E, F, T } from './probe.ts';
import type { Fields, Probe } from './probe.ts';

/** One case of h2spec 2.6 by its number: what a client sends, and what a server has to make of it. */
export interface H2SpecCase {
  readonly number: string;
  readonly title: string;
  run(probe: Probe, target: H2SpecTarget): Promise<void>;
  /** The case begins before or with its own handshake. */
  readonly raw?: true;
}

/** What is asked for: something of a few bytes at least, over https. */
export interface H2SpecTarget {
  readonly authority: string;
  readonly path: string;
}

export function common(target: H2SpecTarget, method = 'GET'): Fields {
  return [
    [':method', method],
    [':scheme', 'https'],
    [':path', target.path],
    [':authority', target.authority],
  ];
}

/** So many fields of 4,000 bytes, as the suite sends them. */
export function dummies(count: number): Fields {
  return Array.from({ length: count }, (_, i) => [`x-dummy${i}`, 'x'.repeat(4_000)] as const);
}

export const END: number = F.endHeaders | F.endStream;
export const OPEN: number = F.endHeaders;

export function priority(dependency: number, weight: number, exclusive = false): Buffer {
  const payload = Buffer.alloc(5);
  payload.writeUInt32BE((dependency | (exclusive ? 0x8000_0000 : 0)) >>> 0);
  payload[4] = weight;
  return payload;
}

export function block(target: H2SpecTarget, ...more: readonly Buffer[]): Buffer {
  return Buffer.concat([encode(common(target)), ...more]);
}

export function data(probe: Probe, id: number, bytes: string | Buffer = 'test', end = true): void {
  probe.frame(T.data, end ? F.endStream : 0, id, Buffer.from(bytes));
}

export { E, F, T, encode };

/** GOAWAY with one of these codes, or the end of the connection. */
export async function connectionError(probe: Probe, ...codes: readonly number[]): Promise<void> {
  await fails(probe, codes, [T.goAway]);
}

/** The same, or RST_STREAM with one of these codes. */
export async function streamError(probe: Probe, ...codes: readonly number[]): Promise<void> {
  await fails(probe, codes, [T.goAway, T.reset]);
}

async function fails(probe: Probe, codes: readonly number[], types: readonly number[]): Promise<void> {
  const seen: string[] = [];
  for (;;) {
    const one = await probe.next();
    if (one === undefined) {
      // The suite accepts a bare end. We always say why, except to who sends no preface.
      throw new Error(`the connection ended without one of ${codes.join(', ')} (${seen.join('; ')})`);
    }
    if (types.includes(one.type)) {
      const code = one.payload.readUInt32BE(one.type === T.goAway ? 4 : 0);
      if (codes.includes(code)) return;
    }
    seen.push(`type ${one.type} stream ${one.id} ${one.payload.toString('hex', 0, 8)}`);
  }
}

export async function closes(probe: Probe): Promise<void> {
  while ((await probe.next()) !== undefined);
}

/** END_STREAM on a HEADERS or DATA frame, or RST_STREAM with NO_ERROR. */
export async function streamCloses(probe: Probe): Promise<void> {
  await probe.want(
    'the end of the stream',
    (one) =>
      ((one.type === T.data || one.type === T.headers) && (one.flags & F.endStream) !== 0) ||
      (one.type === T.reset && one.payload.readUInt32BE() === E.no),
  );
}

export async function headersFrame(probe: Probe, id = 1): Promise<void> {
  const one = await probe.want('HEADERS', ({ type }) => type === T.headers);
  if (one.id !== id) throw new Error(`HEADERS came for stream ${one.id}, not ${id}`);
}

/** DATA; the length of its payload. */
export async function dataFrame(probe: Probe): Promise<number> {
  return (await probe.want('DATA', ({ type }) => type === T.data)).payload.length;
}

export async function settingsAck(probe: Probe): Promise<void> {
  const one = await probe.want('SETTINGS', ({ type }) => type === T.settings);
  if ((one.flags & F.ack) === 0) throw new Error('SETTINGS came without ACK');
}

export async function pingAck(probe: Probe, opaque: Buffer = Buffer.alloc(8)): Promise<void> {
  const one = await probe.want('PING', ({ type }) => type === T.ping);
  if ((one.flags & F.ack) === 0 || !one.payload.equals(opaque)) throw new Error('PING came back changed');
}

export async function pingAckOrClose(probe: Probe, opaque: Buffer = Buffer.alloc(8)): Promise<void> {
  for (;;) {
    const one = await probe.next();
    if (one === undefined) return;
    if (one.type === T.ping && (one.flags & F.ack) !== 0 && one.payload.equals(opaque)) return;
  }
}

export function expectLength(actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`DATA of ${actual} bytes, not of ${expected}`);
}
