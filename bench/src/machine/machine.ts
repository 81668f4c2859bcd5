import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** What a figure was measured on: without it, it says nothing to anybody else. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  /** Load average of the last minute, before anything was started. */
  readonly load: number;
}

export function thisMachine(): Machine {
  return {
    processor: processorModel(),
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.versions.node,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

function processorModel(): string {
  const [first] = cpus();
  const model = first?.model.trim() ?? '';
  if (model !== '') return model;
  try {
    return /^model name\s*:\s*(.+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  } catch {
    return 'unknown'; // a platform without /proc
  }
}

/** One line for people. */
export function describeMachine(machine: Machine): string {
  const gib = Math.round(machine.memoryBytes / 2 ** 30);
  return `${machine.processors} × ${machine.processor}, ${gib} GiB, kernel ${machine.kernel}, Node ${machine.node}, load ${machine.load} before`;
}
