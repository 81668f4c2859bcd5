import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MediaError } from '@media-network/runtime';
import { TOLERATED, watchProcessors } from '../machine/disturbance.ts';
import { describeMachine, thisMachine } from '../machine/machine.ts';
import type { Machine } from '../machine/machine.ts';
import { processTree } from '../machine/process-tree.ts';
import { ensureTools, twoProcessors } from '../machine/tools.ts';
import { startCommand } from '../servers/bench-server.ts';
import type { BenchServer, BenchSetting } from '../servers/bench-server.ts';
import { makeCertificate } from '../servers/certificate.ts';

export interface StageOptions {
  /** Lengths of the objects that will be asked for. */
  readonly sizes: readonly number[];
  /** Measure on a busy machine as well, and count what was disturbed. */
  readonly anyway?: boolean;
  readonly say: (line: string) => void;
}

/** What every measurement of servers stands on. */
export interface Stage {
  readonly machine: Machine;
  readonly setting: BenchSetting;
  /** `server` and `load` have one each. */
  readonly processors: { readonly server: number; readonly load: number };
  /** Of the origin: what it uses is no disturbance where it is asked. */
  readonly originPid: number;
  /** Above this part of the processors' time taken by others a measurement does not count. */
  readonly tolerated: number;
  /** Stops a server when the measurements are over, the last first. */
  owns(server: BenchServer): BenchServer;
}

/** How long the machine gets to come to rest before the bench gives up. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 2_000;

const pinTo = (processor: number): string[] => ['taskset', '-c', String(processor)];

/** Sets the stage, waits for the machine to be quiet, and clears up whatever happens. */
export async function onStage<T>(options: StageOptions, play: (stage: Stage) => Promise<T>): Promise<T> {
  const { say } = options;
  const machine = thisMachine();
  say(describeMachine(machine));
  ensureTools(say);
  const processors = twoProcessors();
  if (options.anyway !== true) await quiet([processors.server, processors.load], say);
  const dir = mkdtempSync(join(tmpdir(), 'media-bench-'));
  chmodSync(dir, 0o755);
  const owned: BenchServer[] = [];
  try {
    const certificate = makeCertificate(dir);
    const beforeOrigin = { origin: '', dir, ...certificate, pin: pinTo(processors.load) };
    const script = fileURLToPath(new URL('../servers/origin-server.ts', import.meta.url));
    const origin = await startCommand(beforeOrigin, { name: 'origin', command: [process.execPath, script] });
    owned.push(origin);
    return await play({
      machine,
      setting: {
        ...beforeOrigin,
        origin: `http://127.0.0.1:${origin.httpPort}`,
        sizes: options.sizes,
        pin: pinTo(processors.server),
      },
      processors,
      originPid: origin.pid,
      tolerated: options.anyway === true ? 1 : TOLERATED,
      owns(server) {
        owned.push(server);
        return server;
      },
    });
  } finally {
    for (const server of owned.toReversed())
      await server.stop().catch((error: unknown) => say(`could not stop: ${String(error)}`));
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Resolves when other programs leave the processors alone; rejects with `bench/machine-busy` when they do not. */
async function quiet(processors: readonly number[], say: (line: string) => void): Promise<void> {
  let share = 1;
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const watch = watchProcessors(processors, processTree(process.pid));
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    share = watch.disturbed();
    if (share <= TOLERATED) return;
    say(`other programs use ${Math.round(share * 100)} % of the two processors; waiting`);
  }
  throw new MediaError({
    code: 'bench/machine-busy',
    message: `Other programs use ${Math.round(share * 100)} % of the two processors: what would be measured is them.`,
    hint: 'Stop what else runs, or measure with --anyway and believe nothing of it.',
    source: 'internal',
    context: { share },
  });
}
