import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Asker, Told } from './ask-known.ts';
import { MediaError } from '@media-network/runtime';
import { startCommand } from '../servers/bench-server.ts';
import type { BenchServer, BenchSetting } from '../servers/bench-server.ts';
import { makeCertificate } from '../servers/certificate.ts';

/** An edge in a process of its own, which can be killed and started again in the same folder. */
export interface SteadyEdge extends BenchServer {
  /** What it commits to have served in all its lives, as it tells a guard: in its journal before it is told. As of the next sample, which is waited for. */
  committedBytes(): Promise<bigint | undefined>;
  /** Of its own metrics. */
  metric(name: string): Promise<number | undefined>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** A network that stays while its one edge comes and goes. */
export interface SteadyNetwork {
  /** Of the edge's cache, to be broken. */
  readonly cacheDir: string;
  /** Starts the edge. It listens when this resolves, and may have no key of the guards' yet. */
  start(): Promise<SteadyEdge>;
  close(): Promise<void>;
}

/** What every part takes. */
export interface SteadyOptions {
  readonly open: OpenSteadyNetwork;
  readonly seed?: number;
  readonly say?: (line: string) => void;
}

export type OpenSteadyNetwork = (setting: SteadySetting) => Promise<SteadyNetwork>;

export interface SteadySetting extends BenchSetting {
  /** Ceiling of the disk tier. */
  readonly diskBytes: number;
  /** How long the origin may keep silent. */
  readonly originTimeoutMs: number;
  /** Of the network; five minutes by default. */
  readonly sampleSecs?: number;
}

const READY_PATH = '/keep/1/ready';
const READY_MS = 180_000;

/** Asks until an edge serves, which it does when guards have seen it and given it their key. */
export async function untilServed(
  asker: Asker,
  heard: (told: Told) => void = () => undefined,
): Promise<void> {
  for (const end = Date.now() + READY_MS; ;) {
    const told = await asker.ask({ method: 'GET', path: READY_PATH });
    heard(told);
    if (told.kind === 'right') return;
    if (Date.now() > end) {
      throw new MediaError({
        code: 'bench/server-failed',
        message: `The edge has not served within ${READY_MS / 60_000} minutes of its start.`,
        source: 'internal',
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** RAM that bodies fill in a minute, and a disk that is full in two: what grows after that grows for no reason. */
const RAM_BYTES = 48 * 2 ** 20;
const DISK_BYTES = 96 * 2 ** 20;
const ORIGIN_TIMEOUT_MS = 5_000;

/** A folder, a certificate and an origin whose bodies depend on their path; cleared up whatever happens. */
export async function onSteadyStage<T>(
  options: Required<SteadyOptions> & Pick<SteadySetting, 'sampleSecs'>,
  play: (network: SteadyNetwork) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'media-steady-'));
  try {
    const setting = { origin: '', dir, ...makeCertificate(dir), pin: [] };
    const script = fileURLToPath(new URL('steady-origin.ts', import.meta.url));
    const origin = await startCommand(setting, {
      name: 'origin',
      command: [process.execPath, script, String(options.seed)],
    });
    try {
      const network = await options.open({
        ...setting,
        origin: `http://127.0.0.1:${origin.httpPort}`,
        ramBytes: RAM_BYTES,
        diskBytes: DISK_BYTES,
        originTimeoutMs: ORIGIN_TIMEOUT_MS,
        ...(options.sampleSecs === undefined ? {} : { sampleSecs: options.sampleSecs }),
      });
      try {
        return await play(network);
      } finally {
        await network.close().catch((error: unknown) => options.say(`could not stop: ${String(error)}`));
      }
    } finally {
      await origin.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
