import { readFileSync, readdirSync } from 'node:fs';
import { processTree } from './process-tree.ts';

/** Resident memory of a process and its children, in bytes. */
export function residentBytes(pid: number): number {
  let bytes = 0;
  for (const each of processTree(pid)) {
    try {
      const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${each}/status`, 'latin1'))?.[1];
      bytes += Number(kib ?? 0) * 1_024;
    } catch {
      // gone meanwhile
    }
  }
  return bytes;
}

/** Open descriptors of a process and its children. */
export function openDescriptors(pid: number): number {
  let count = 0;
  for (const each of processTree(pid)) {
    try {
      count += readdirSync(`/proc/${each}/fd`).length;
    } catch {
      // gone meanwhile
    }
  }
  return count;
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
