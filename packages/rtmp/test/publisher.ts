import { once } from 'node:events';
import net from 'node:net';
import { createChunkReader, decodeAmf, encodeAmf, encodeMessage, PUBLISHER_LIMITS } from '../src/index.ts';
import type { SaidValue } from '../src/index.ts';

/** An encoder of our own, for what ffmpeg cannot send: Enhanced RTMP. */
export interface TestPublisher {
  /** What the server said to `publish`: `NetStream.Publish.Start`, or why not. */
  readonly answer: string;
  video(payload: Uint8Array, timestampMs: number): void;
  audio(payload: Uint8Array, timestampMs: number): void;
  close(): void;
}

const CHUNK_BYTES = 128;
const HANDSHAKE_BYTES = 1 + 2 * 1_536;

export async function publish(port: number, key: string): Promise<TestPublisher> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const reader = createChunkReader(PUBLISHER_LIMITS);
  let skip = HANDSHAKE_BYTES;
  let answered: ((code: string) => void) | undefined;
  const answer = new Promise<string>((resolve) => (answered = resolve));
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => {
    const rest = bytes.subarray(Math.min(skip, bytes.length));
    skip -= bytes.length - rest.length;
    reader.push(rest, ({ type, payload }) => {
      if (type !== 20) return;
      const [name, , , about] = decodeAmf(payload);
      if (name === 'onStatus' && about instanceof Map) answered?.(String(about.get('code')));
    });
  });
  const send = (type: number, payload: Uint8Array, timestampMs = 0): void => {
    socket.write(
      encodeMessage(type === 20 ? 3 : 4, { type, streamId: 1, timestampMs, payload }, CHUNK_BYTES),
    );
  };
  const command = (...values: readonly SaidValue[]): void => send(20, encodeAmf(values));
  socket.write(Buffer.concat([Buffer.of(3), Buffer.alloc(2 * 1_536)]));
  command('connect', 1, { app: 'live', flashVer: 'test' });
  command('createStream', 2, null);
  command('publish', 3, null, key, 'live');
  return {
    answer: await answer,
    video: (payload, timestampMs) => send(9, payload, timestampMs),
    audio: (payload, timestampMs) => send(8, payload, timestampMs),
    close: () => socket.destroy(),
  };
}
