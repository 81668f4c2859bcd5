import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { storedFile } from '@media-network/runtime/daemon';
import type { StoredFile } from '@media-network/runtime/daemon';
import { SAMPLES } from '../journal/ledger.ts';
import type { BuiltReport } from './report-builder.ts';

export type EvidenceKind = 'entries' | 'receipts' | 'digests' | 'counters';

/** A signed commit and the counters under its root. */
export interface KeptCommit {
  readonly boot: number;
  readonly slot: number;
  readonly bytes: Uint8Array;
  readonly root: Uint8Array;
  readonly blob: Uint8Array;
}

/** What lies behind the reports, by root, on disk: guards and auditors fetch it for as long as it is kept. */
export interface EvidenceStore {
  /** Durable when it resolves; the same evidence twice is fine. */
  put(hour: number, built: BuiltReport): Promise<void>;
  /** Durable when it resolves. */
  putCommit(hour: number, commit: KeptCommit): Promise<void>;
  commit(hour: number, boot: number, slot: number): Promise<Buffer | undefined>;
  /** The last sample in which anything was committed to; 0 where nothing was. */
  lastCommitted(): number;
  /** All commits of an hour end to end, rising by slot, of every life of the process. */
  commits(hour: number): Promise<Buffer>;
  /** The list with this root (hex); undefined when there is none. The root of nothing has the empty list. */
  open(kind: EvidenceKind, root: string): Promise<StoredFile | undefined>;
  /** Hours with evidence, ascending. */
  hours(): readonly number[];
  /** Hours whose report account is not known to be closed. */
  unclosed(): readonly number[];
  markClosed(hour: number): Promise<void>;
  /** Deletes hours below `hour`. Returns how many. */
  pruneBelow(hour: number): Promise<number>;
}

export function isEvidenceKind(text: string | undefined): text is EvidenceKind {
  return text === 'entries' || text === 'receipts' || text === 'digests' || text === 'counters';
}

const NAME = /^(entries|receipts|digests|counters)-([0-9a-f]{64})$/;
const COMMIT = /^commit-\d+-\d+$/;
const CLOSED = 'closed';
const EMPTY_ROOT = '0'.repeat(64);

interface KnownHour {
  closed: boolean;
  readonly keys: Set<string>;
  readonly commits: Set<string>;
}

/** One folder an hour, one file a list, named by kind and root. */
export async function openEvidenceStore(dir: string): Promise<EvidenceStore> {
  const paths = new Map<string, string>();
  const hours = new Map<number, KnownHour>();
  await mkdir(dir, { recursive: true });
  for (const folder of await readdir(dir)) {
    if (!/^\d+$/.test(folder)) continue;
    const hour = Number(folder);
    const names = await readdir(join(dir, folder));
    const keys = new Set<string>();
    for (const name of names) {
      const match = NAME.exec(name);
      if (match === null) continue;
      const key = `${match[1]} ${match[2]}`;
      keys.add(key);
      paths.set(key, join(dir, folder, name));
    }
    const commits = names.filter((name) => COMMIT.test(name));
    hours.set(hour, { closed: names.includes(CLOSED), keys, commits: new Set(commits) });
  }

  function hourOf(hour: number): KnownHour {
    const known = hours.get(hour) ?? { closed: false, keys: new Set(), commits: new Set() };
    hours.set(hour, known);
    return known;
  }

  async function write(hour: number, kind: EvidenceKind, root: string, blob: Uint8Array): Promise<void> {
    const folder = join(dir, String(hour));
    const path = join(folder, `${kind}-${root}`);
    await writeDurably(path, blob);
    const key = `${kind} ${root}`;
    paths.set(key, path);
    hourOf(hour).keys.add(key);
  }

  return {
    async put(hour, built) {
      await mkdir(join(dir, String(hour)), { recursive: true });
      for (const [root, blob] of built.receipts) await write(hour, 'receipts', root, blob);
      for (const [root, blob] of built.digests) await write(hour, 'digests', root, blob);
      await write(hour, 'entries', Buffer.from(built.report.root).toString('hex'), built.entries);
    },
    async putCommit(hour, { boot, slot, bytes, root, blob }) {
      const folder = join(dir, String(hour));
      await mkdir(folder, { recursive: true });
      await write(hour, 'counters', Buffer.from(root).toString('hex'), blob);
      const name = `commit-${boot}-${slot}`;
      await writeDurably(join(folder, name), bytes);
      hourOf(hour).commits.add(name);
    },
    async commit(hour, boot, slot) {
      const name = `commit-${boot}-${slot}`;
      return hours.get(hour)?.commits.has(name) === true
        ? readFile(join(dir, String(hour), name))
        : undefined;
    },
    lastCommitted() {
      let last = 0;
      for (const [hour, { commits }] of hours)
        for (const name of commits) last = Math.max(last, hour * SAMPLES + slotOf(name));
      return last;
    },
    async commits(hour) {
      const names = [...(hours.get(hour)?.commits ?? [])].sort(bySlot);
      return Buffer.concat(await Promise.all(names.map((name) => readFile(join(dir, String(hour), name)))));
    },
    async open(kind, root) {
      const path = paths.get(`${kind} ${root}`);
      if (path === undefined) return root === EMPTY_ROOT ? { size: 0, stream: Readable.from([]) } : undefined;
      return storedFile(await open(path));
    },
    hours: () => [...hours.keys()].sort((a, b) => a - b),
    unclosed: () =>
      [...hours]
        .filter(([, { closed }]) => !closed)
        .map(([hour]) => hour)
        .sort((a, b) => a - b),
    async markClosed(hour) {
      const known = hours.get(hour);
      if (known === undefined) return;
      await writeDurably(join(dir, String(hour), CLOSED), new Uint8Array());
      known.closed = true;
    },
    async pruneBelow(hour) {
      let pruned = 0;
      for (const [old, { keys }] of hours) {
        if (old >= hour) continue;
        hours.delete(old);
        // The same list can be behind two hours: forget the path only where it is this hour's.
        const folder = join(dir, String(old));
        for (const key of keys) if (dirname(paths.get(key) ?? '') === folder) paths.delete(key);
        await rm(folder, { recursive: true, force: true });
        pruned += 1;
      }
      return pruned;
    },
  };
}

function slotOf(name: string): number {
  return Number(name.split('-')[2]);
}

/** Names of commits by slot, then by boot: `commit-<boot>-<slot>`. */
function bySlot(a: string, b: string): number {
  return slotOf(a) - slotOf(b) || Number(a.split('-')[1]) - Number(b.split('-')[1]);
}

let parts = 0;

async function writeDurably(path: string, blob: Uint8Array): Promise<void> {
  // The same list may be on its way twice: two commits of a quiet moment have one root.
  parts += 1;
  const part = `${path}.${parts}.tmp`;
  try {
    const file = await open(part, 'w');
    try {
      await file.writeFile(blob);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    // On a full disk the half must not take the room of the next try.
    await rm(part, { force: true }).catch(() => undefined);
    throw error;
  }
}
