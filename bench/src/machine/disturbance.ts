import { readFileSync } from 'node:fs';
import { childrenSeconds, cpuSeconds } from './process-tree.ts';

/** USER_HZ: fixed at 100 on Linux for what /proc shows. */
const TICKS_PER_SECOND = 100;

/** Processor time of all programs since the start of the machine, and what the host took away, in seconds. */
export interface ProcessorUse {
  readonly usedSeconds: number;
  readonly stolenSeconds: number;
}

/**
 * Reads /proc/stat for these processors: user, nice and system of everybody, and steal. Interrupts are left
 * out: those of loopback belong to who is measured, and no process is charged for them everywhere.
 */
export function parseProcessorUse(stat: string, processors: readonly number[]): ProcessorUse {
  let used = 0;
  let stolen = 0;
  for (const line of stat.split('\n')) {
    const [name = '', user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(/\s+/).map((field, i) =>
      // the first field is the name
      i === 0 ? field : Number(field),
    );
    const number = /^cpu(\d+)$/.exec(String(name))?.[1];
    if (number === undefined || !processors.includes(Number(number))) continue;
    used += Number(user) + Number(nice) + Number(system);
    stolen += Number(steal);
  }
  return { usedSeconds: used / TICKS_PER_SECOND, stolenSeconds: stolen / TICKS_PER_SECOND };
}

/** Part of the processors' time that other programs and the host may take from a measurement. */
export const TOLERATED = 0.05;

export interface Watch {
  /**
   * The part of these processors' time since the start of the watch that went to neither the processes that are
   * measured nor to the ended children of this process (the load): to other programs, this one included, and to
   * the host. From 0 to 1.
   */
  disturbed(): number;
}

/** Watches the processors of a measurement. `measured`: ids of the processes whose time is no disturbance. */
export function watchProcessors(processors: readonly number[], measured: readonly number[]): Watch {
  const use = (): ProcessorUse => parseProcessorUse(readFileSync('/proc/stat', 'latin1'), processors);
  const own = (): number => cpuSeconds(measured) + childrenSeconds();
  const ownBefore = own();
  const before = use();
  const begun = performance.now();
  return {
    disturbed() {
      const after = use();
      const seconds = ((performance.now() - begun) / 1_000) * processors.length;
      const others = after.usedSeconds - before.usedSeconds - (own() - ownBefore);
      const stolen = after.stolenSeconds - before.stolenSeconds;
      return Math.min(1, (Math.max(0, others) + stolen) / Math.max(seconds, 0.001));
    },
  };
}
