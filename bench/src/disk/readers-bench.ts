import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { warm } from '../edge/ask.ts';
import { onStage } from '../edge/stage.ts';
import { residentBytes } from '../machine/process-facts.ts';
import type { BenchServer, BenchSetting } from '../servers/bench-server.ts';

/** What an edge takes of memory while many read slowly. */
export interface ReadersRow {
  readonly readers: number;
  readonly bodyBytes: number;
  /** The figure that it was configured with: the ceiling of its RAM tier. */
  readonly ramBytes: number;
  readonly rssBeforeBytes: number;
  readonly peakRssBytes: number;
  /** Bytes that all readers together received. */
  readonly receivedBytes: number;
  /** Whether the peak is at most the configured figure and a fifth. */
  readonly ok: boolean;
}

export interface BenchReadersOptions {
  readonly start: (setting: BenchSetting) => Promise<BenchServer>;
  readonly readers?: number;
  readonly seconds?: number;
  readonly ramBytes?: number;
  readonly say?: (line: string) => void;
}

const BODY_BYTES = 10_000_000;
const OBJECTS = 8;
const STEP_MS = 100;
const STEP_BYTES = 16_384;
const SHARE_ABOVE = 0.2;

/** Readers that take 160 KB a second each of bodies of 10 MB, every other over TLS, while the edge's memory is watched. */
export function benchReaders(options: BenchReadersOptions): Promise<ReadersRow> {
  const { readers = 500, seconds = 20, ramBytes = 256 * 2 ** 20, say = () => undefined } = options;
  // Memory is the same on a busy machine.
  return onStage({ sizes: [], anyway: true, say }, async (stage) => {
    const server = stage.owns(await options.start({ ...stage.setting, ramBytes }));
    const paths = Array.from({ length: OBJECTS }, (_, i) => `/${BODY_BYTES}/${i}`);
    for (const path of paths) await warm(server, 'http', path, BODY_BYTES);
    const before = residentBytes(server.pid);
    const slow = Array.from({ length: readers }, (_, i) =>
      slowReader(server, paths[i % OBJECTS] ?? '', i % 2 === 1),
    );
    let peak = before;
    try {
      for (const end = Date.now() + seconds * 1_000; Date.now() < end;) {
        await new Promise((resolve) => setTimeout(resolve, STEP_MS));
        for (const reader of slow) reader.step();
        peak = Math.max(peak, residentBytes(server.pid));
      }
    } finally {
      for (const reader of slow) reader.socket.destroy();
    }
    return {
      readers,
      bodyBytes: BODY_BYTES,
      ramBytes,
      rssBeforeBytes: before,
      peakRssBytes: peak,
      receivedBytes: slow.reduce((sum, reader) => sum + reader.received(), 0),
      ok: peak <= ramBytes * (1 + SHARE_ABOVE),
    };
  });
}

function slowReader(
  server: BenchServer,
  path: string,
  secure: boolean,
): { readonly socket: Socket; step(): void; received(): number } {
  const host = '127.0.0.1';
  const ask = (): void => {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${server.hostHeader}\r\n\r\n`);
  };
  const socket: Socket = secure
    ? connectTls({ host, port: server.httpsPort, rejectUnauthorized: false }, ask)
    : connect(server.httpPort, host, ask);
  let received = 0;
  socket.pause();
  // What was cut shows in what was received.
  socket.on('error', () => socket.destroy());
  return {
    socket,
    step() {
      const chunk: unknown = socket.read(STEP_BYTES) ?? socket.read();
      if (Buffer.isBuffer(chunk)) received += chunk.length;
    },
    received: () => received,
  };
}
