import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { MediaError } from '@media-network/runtime';
import { descriptorLimit, openDescriptors, residentBytes } from '../machine/process-facts.ts';
import type { BenchServer } from '../servers/bench-server.ts';
import { createAsker } from './ask-known.ts';
import { knownBody } from './known-body.ts';
import { onSteadyStage, untilServed } from './steady-edge.ts';
import type { SteadyOptions } from './steady-edge.ts';
import { createTellTally } from './tally.ts';

export interface IdleRow {
  /** Asked for, half of them over TLS. */
  readonly connections: number;
  /** That had their answer, right to the byte. */
  readonly answered: number;
  /** Open at once at most. */
  readonly openAtOnce: number;
  readonly openedMs: number;
  /** Memory of the edge that came with each, plain and TLS. */
  readonly bytesEachPlain: number;
  readonly bytesEachTls: number;
  /** Of another viewer while they were idle, in milliseconds. */
  readonly viewerAnswers: number;
  readonly viewerP50Ms: number;
  readonly viewerP99Ms: number;
  /** From the last answer to the end of the last connection, ended by the edge. */
  readonly lastEndedMs: number;
  readonly stillOpen: number;
  readonly descriptorsBefore: number;
  readonly descriptorsAfter: number;
  readonly words: readonly string[];
  readonly ok: boolean;
}

export interface BenchIdleConnectionsOptions extends SteadyOptions {
  readonly connections?: number;
}

const PATH = '/keep/300/idle';
const BODY_BYTES = 300;
const OPENING_AT_ONCE = 64;
/** Of the edge's front (`idleTimeoutMs`), and what its sweep and a busy machine may add. */
const IDLE_MS = 60_000;
const LATE_MS = 30_000;
const VIEWER_PAUSE_MS = 50;
/** Of this process and the edge besides the connections. */
const OTHER_DESCRIPTORS = 500;

/** Very many viewers who ask once and stay; another one's answers meanwhile. */
export function benchIdleConnections(options: BenchIdleConnectionsOptions): Promise<IdleRow> {
  const { connections = 10_000, seed = 1, say = () => undefined } = options;
  const limit = descriptorLimit();
  if (limit < connections + OTHER_DESCRIPTORS) {
    throw new MediaError({
      code: 'bench/too-few-descriptors',
      message: `${connections} connections need ${connections + OTHER_DESCRIPTORS} open files, and this process may have ${limit}.`,
      hint: `Raise the limit (ulimit -n ${connections + OTHER_DESCRIPTORS}), or choose fewer connections.`,
      source: 'client',
    });
  }
  return onSteadyStage({ seed, open: options.open, say }, async (network) => {
    const edge = await network.start();
    const crowd = createCrowd(edge);
    try {
      const tally = createTellTally(say);
      const viewer = createAsker(edge, 'http');
      await untilServed(viewer);
      tally.told(PATH, await viewer.ask({ method: 'GET', path: PATH }));
      const descriptorsBefore = openDescriptors(edge.pid);
      const began = performance.now();
      const half = Math.floor(connections / 2);
      const atFirst = residentBytes(edge.pid);
      await crowd.join(half, false);
      const withPlain = residentBytes(edge.pid);
      say(`${crowd.open()} plain connections after ${Math.round(performance.now() - began)} ms`);
      await crowd.join(connections - half, true);
      const withTls = residentBytes(edge.pid);
      const openedMs = performance.now() - began;
      const openAtOnce = crowd.open();
      say(`${openAtOnce} connections after ${Math.round(openedMs)} ms`);
      const opened = performance.now();
      const waits: number[] = [];
      while (crowd.open() > 0 && performance.now() - opened < IDLE_MS + LATE_MS) {
        const asked = performance.now();
        tally.told(PATH, await viewer.ask({ method: 'GET', path: PATH }));
        waits.push(performance.now() - asked);
        await new Promise((resolve) => setTimeout(resolve, VIEWER_PAUSE_MS));
      }
      const lastEndedMs = performance.now() - opened;
      viewer.close();
      for (const why of crowd.wrong) tally.wrong(why);
      const sorted = waits.toSorted((a, b) => a - b);
      const at = (share: number): number =>
        Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10) / 10;
      const stillOpen = crowd.open();
      return {
        connections,
        answered: crowd.answered(),
        openAtOnce,
        openedMs: Math.round(openedMs),
        bytesEachPlain: Math.round((withPlain - atFirst) / half),
        bytesEachTls: Math.round((withTls - withPlain) / (connections - half)),
        viewerAnswers: waits.length,
        viewerP50Ms: at(0.5),
        viewerP99Ms: at(0.99),
        lastEndedMs: Math.round(lastEndedMs),
        stillOpen,
        descriptorsBefore,
        descriptorsAfter: openDescriptors(edge.pid),
        words: tally.words,
        ok:
          crowd.answered() === connections &&
          stillOpen === 0 &&
          tally.counts.wrong + tally.counts.refused + tally.counts.cut === 0,
      };
    } finally {
      crowd.leave();
      await edge.stop();
    }
  });
}

interface Crowd {
  /** Opens so many more; resolves when each has its answer, or has failed. */
  join(count: number, secure: boolean): Promise<void>;
  open(): number;
  answered(): number;
  readonly wrong: readonly string[];
  leave(): void;
}

function createCrowd(server: BenchServer): Crowd {
  const open = new Set<Socket>();
  const wrong: string[] = [];
  const expected = knownBody(PATH, 0, BODY_BYTES);
  let answered = 0;

  function joinOne(secure: boolean): Promise<void> {
    return new Promise((resolve) => {
      const socket = secure
        ? tlsConnect({ port: server.httpsPort, host: '127.0.0.1', rejectUnauthorized: false })
        : connect(server.httpPort, '127.0.0.1');
      open.add(socket);
      let came: Buffer = Buffer.alloc(0);
      socket.on(secure ? 'secureConnect' : 'connect', () =>
        socket.write(`GET ${PATH} HTTP/1.1\r\nHost: ${server.hostHeader}\r\n\r\n`),
      );
      socket.on('data', (chunk: Buffer) => {
        came = Buffer.concat([came, chunk]);
        const head = came.indexOf('\r\n\r\n');
        if (head < 0 || came.length < head + 4 + BODY_BYTES) return;
        if (came.subarray(head + 4).equals(expected)) answered += 1;
        else wrong.push(`an answer that is not right: ${came.toString('latin1', 0, 60)}`);
        came = Buffer.alloc(0);
        resolve();
      });
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        open.delete(socket);
        resolve();
      });
    });
  }

  return {
    async join(count, secure) {
      let left = count;
      const opener = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          await joinOne(secure);
        }
      };
      await Promise.all(Array.from({ length: OPENING_AT_ONCE }, opener));
    },
    open: () => open.size,
    answered: () => answered,
    wrong,
    leave() {
      for (const socket of open) socket.destroy();
    },
  };
}
