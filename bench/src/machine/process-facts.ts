import { readFileSync, readdirSync } from 'node:fs';
import { processTree } from './process-tree.ts';

/** Resident memory of a process and its children, in bytes. */
export function residentBytes(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + residentOf(each), 0);
}

/** Open descriptors of a process and its children. */
export function openDescriptors(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + descriptorsOf(each), 0);
}

/** Both with one look at the list of processes: on a busy machine that look is what costs. */
export function heldBy(pid: number): { readonly rssBytes: number; readonly descriptors: number } {
  let [rssBytes, descriptors] = [0, 0];
  for (const each of processTree(pid)) {
    rssBytes += residentOf(each);
    descriptors += descriptorsOf(each);
  }
  return { rssBytes, descriptors };
}

function residentOf(pid: number): number {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return Number(kib ?? 0) * 1_024;
  } catch {
    return 0; // gone meanwhile
  }
}

function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0; // gone meanwhile
  }
}

/** Most descriptors that this process may have open; what it starts may have as many. */
export function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return Number(soft ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY; // a platform without /proc
  }
}
