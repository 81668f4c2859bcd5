import { readFileSync, readdirSync } from 'node:fs';

/** Fields of /proc/<pid>/stat after the command name, which may hold spaces and brackets. */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // gone meanwhile
  }
}

const PARENT = 1;
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;
const CHILDREN_USER_TICKS = 13;
const CHILDREN_SYSTEM_TICKS = 14;
/** USER_HZ: fixed at 100 on Linux for what /proc shows. */
const TICKS_PER_SECOND = 100;

export function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = statFields(Number(name))?.[PARENT];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

/** Processor time, user and system, that these processes have used so far, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = statFields(pid);
    ticks += Number(fields?.[USER_TICKS] ?? 0) + Number(fields?.[SYSTEM_TICKS] ?? 0);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Processor time of this process's children that have ended, in seconds. */
export function childrenSeconds(): number {
  const fields = statFields(process.pid);
  const ticks = Number(fields?.[CHILDREN_USER_TICKS] ?? 0) + Number(fields?.[CHILDREN_SYSTEM_TICKS] ?? 0);
  return ticks / TICKS_PER_SECOND;
}
