import { errorCode, silentLog, systemClock } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { keyScope, wholeKey } from './cache-key.ts';
import { openDiskTier } from './disk-tier.ts';
import type { DiskFile, DiskIo, NewFiles, Recovered } from './disk-tier.ts';
import { createDiskUse } from './disk-use.ts';
import { createEntryIndex } from './entry-index.ts';
import { Entry } from './entry.ts';
import { StoreFill } from './fill.ts';
import type { FillHost } from './fill.ts';
import { createIndexReading } from './index-reading.ts';
import { createPurgeLog } from './purge-log.ts';
import { purgeMatcher } from './purge-selector.ts';
import { createPurgeSweeps } from './purge-sweeps.ts';
import type { CacheStore, OnDisturbed, OnVoided } from './store.ts';
import { PolicyNode, createTinyLfu, policyHash } from './tiny-lfu.ts';

export interface CacheStoreOptions {
  /** Bodies in RAM, with an allowance for what surrounds each. */
  readonly maxRamBytes: number;
  /** Largest body that is kept in RAM; larger ones stream from disk. 1 MiB by default. */
  readonly maxRamObjectBytes?: number;
  /** All that fills under way may hold in RAM together before they spill early. 64 MiB by default. */
  readonly maxFillBytes?: number;
  readonly disk?: {
    /** One process a folder. Created if absent. */
    readonly dir: string;
    readonly maxBytes: number;
    /** Largest body kept on disk; a quarter of `maxBytes` by default. */
    readonly maxObjectBytes?: number;
    /** Left free on the file system for what else lives there; 0 by default. */
    readonly reserveBytes?: number;
    /**
     * How long opening waits for the heads in the folder to be read. What is not read by then is read while the
     * store is in use: a miss until its turn comes, and meanwhile nothing new is written to the disk, whose bound
     * holds for what is not read as well. By default opening waits for all.
     */
    readonly recoverWithinMs?: number;
    /** Pause before a degraded disk is tried again. 30 s by default. */
    readonly retryMs?: number;
    readonly io?: DiskIo;
    /** Who writes small bodies where many come at once; without it each is written for itself. */
    readonly newFiles?: NewFiles;
  };
  readonly onDisturbed?: OnDisturbed;
  readonly onVoided?: OnVoided;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** How far a writer may run ahead of the slowest reader where nothing is kept. */
const WINDOW_BYTES = 262_144;
/** Entry, metadata, index and policy beside a body; measured in heap snapshots as 1 to 2 KB. */
const ENTRY_OVERHEAD_BYTES = 1_536;

/**
 * The cache store: a RAM tier over an optional disk tier (DESIGN: Media Edge, Cache). With `disk`, it
 * opens by reading every head in the folder, the rest of them beside its work where there are many: what a kill -9
 * left half-done is deleted, and a body is compared with its checksum before its first use. A disk that cannot be used is no error: the store
 * says `degraded` and goes on in RAM.
 */
export async function openCacheStore(options: CacheStoreOptions): Promise<CacheStore> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? silentLog;
  const maxRamObjectBytes = Math.min(options.maxRamObjectBytes ?? 1_048_576, options.maxRamBytes);
  const maxFillBytes = options.maxFillBytes ?? 67_108_864;
  const diskOptions = options.disk;
  const maxObjectBytes = diskOptions?.maxObjectBytes ?? Math.floor((diskOptions?.maxBytes ?? 0) / 4);
  const index = createEntryIndex();
  const fills = new Set<StoreFill>();
  const purges = createPurgeLog();
  /** What the disk was told and has not done yet. */
  const removals = new Set<Promise<void>>();
  let closing = false;
  let closed = false;
  let retired = false;
  const disturbed: OnDisturbed = options.onDisturbed ?? (() => undefined);
  let fillBytes = 0;
  let corrupt = 0;
  let evicted = 0;

  const disk = createDiskUse({
    dir: diskOptions?.dir,
    open: () =>
      diskOptions === undefined
        ? Promise.resolve(undefined)
        : openDiskTier(diskOptions.dir, diskOptions.io, diskOptions.newFiles),
    reserveBytes: diskOptions?.reserveBytes ?? 0,
    retryMs: diskOptions?.retryMs ?? 30_000,
    isHeld: () => closed || retired || reading.underWay,
    clock,
    log,
  });
  const reading = createIndexReading({
    clock,
    withinMs: diskOptions?.recoverWithinMs,
    take: takeBack,
    onFailed: disk.failed,
  });

  const ram = createTinyLfu<Entry>({
    maxWeight: options.maxRamBytes,
    expectedItems: options.maxRamBytes / 8_192,
    onEvict: (entry) => {
      evicted += 1;
      leaveRam(entry);
    },
  });
  const onDisk = createTinyLfu<Entry>({
    maxWeight: diskOptions?.maxBytes ?? 1,
    expectedItems: (diskOptions?.maxBytes ?? 1) / 65_536,
    onEvict: (entry) => {
      evicted += 1;
      leaveDisk(entry);
    },
  });

  function removeFile(file: DiskFile): Promise<void> {
    // It is another store's.
    if (retired) return Promise.resolve();
    const removal = (disk.tier?.remove(file) ?? Promise.resolve()).finally(() => removals.delete(removal));
    removals.add(removal);
    return removal;
  }

  async function settled(): Promise<void> {
    if (removals.size > 0) await Promise.all(removals);
  }

  function leaveRam(entry: Entry): void {
    entry.ramNode = undefined;
    if (entry.file === undefined) {
      bury(entry);
      return;
    }
    entry.body = undefined;
    entry.attachment = undefined;
  }

  function leaveDisk(entry: Entry): void {
    const { file } = entry;
    entry.file = undefined;
    entry.diskNode = undefined;
    if (file !== undefined) void removeFile(file);
    if (entry.body === undefined) bury(entry);
  }

  /** Out of both tiers and the index. */
  function bury(entry: Entry): void {
    if (!entry.live) return;
    entry.live = false;
    disturbed(entry.key);
    index.remove(entry);
    if (entry.ramNode !== undefined) ram.remove(entry.ramNode);
    if (entry.diskNode !== undefined) onDisk.remove(entry.diskNode);
    entry.ramNode = undefined;
    entry.diskNode = undefined;
    // `body` and `file` stay for reads under way; the file's name goes.
    if (entry.file !== undefined) void removeFile(entry.file);
  }

  /** Stale from now on, and after a start, too. */
  function soften(entry: Entry, generation: number): void {
    entry.softened = generation;
    entry.goStale(clock.nowMs());
    disturbed(entry.key);
    const writing = writeHead(entry).finally(() => removals.delete(writing));
    removals.add(writing);
  }

  async function writeHead(entry: Entry): Promise<void> {
    const { tier } = disk;
    if (entry.file === undefined || tier === undefined || retired) return;
    try {
      if (await tier.rewriteHead(entry.file, entry)) return;
      // No room for the longer head: RAM keeps it if it can.
      if (entry.diskNode !== undefined) onDisk.remove(entry.diskNode);
      leaveDisk(entry);
    } catch (error) {
      disk.failed(error);
      bury(entry);
    }
  }

  const sweeps = createPurgeSweeps({ clock, every: () => index.every(), bury, soften, settled });

  /** What is found, unless a purge that is under way means it. */
  function current(entry: Entry | undefined): Entry | undefined {
    return entry !== undefined && sweeps.settle(entry) ? entry : undefined;
  }

  function enterRam(entry: Entry, body: Buffer): boolean {
    entry.body = body;
    const node = new PolicyNode(entry, policyHash(entry.key), body.length + ENTRY_OVERHEAD_BYTES);
    entry.ramNode = node;
    if (ram.add(node)) return true;
    entry.ramNode = undefined;
    entry.body = undefined;
    return false;
  }

  function enterDisk(entry: Entry, file: DiskFile): boolean {
    entry.file = file;
    const node = new PolicyNode(entry, policyHash(entry.key), file.bytes);
    entry.diskNode = node;
    if (onDisk.add(node)) return true;
    entry.diskNode = undefined;
    entry.file = undefined;
    return false;
  }

  function found(entry: Entry): void {
    if (entry.ramNode !== undefined) ram.touch(entry.ramNode);
    if (entry.diskNode !== undefined) onDisk.touch(entry.diskNode);
  }

  function isCorrupt(entry: Entry): void {
    corrupt += 1;
    log.warn({ key: entry.key, file: entry.file?.id }, 'a cached body is not what was stored; deleted');
    bury(entry);
  }

  /** Brings a disk entry to where it may be served from; false is a miss. */
  async function ready(entry: Entry): Promise<boolean> {
    const { file } = entry;
    const { tier } = disk;
    if (tier === undefined || file === undefined) return false;
    try {
      if (entry.length <= maxRamObjectBytes) {
        const body = await tier.readWhole(file, entry.length);
        if (!entry.matches(body)) {
          isCorrupt(entry);
          return false;
        }
        entry.verified = true;
        if (entry.live && entry.body === undefined) enterRam(entry, body);
        // Turned away by the policy: still served, from the bytes just read.
        if (entry.body === undefined) entry.lend(body);
        return entry.live;
      }
      if (!entry.verified) {
        if (!(await tier.digest(file, entry.length)).equals(entry.sha256)) {
          isCorrupt(entry);
          return false;
        }
        entry.verified = true;
      } else if (!(await tier.has(file))) {
        // Found out now it is a miss; once its head is on the way it would be an answer cut short.
        bury(entry);
        return false;
      }
      return entry.live;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'cache/read-failed') isCorrupt(entry);
      else {
        if (code !== 'ENOENT') disk.failed(error);
        bury(entry);
      }
      return false;
    }
  }

  const host: FillHost = {
    maxRamObjectBytes,
    maxObjectBytes,
    windowBytes: WINDOW_BYTES,
    keepsOnDisk: diskOptions !== undefined,
    openWriter: (key, meta, bytes) =>
      disk.write(bytes, async (tier) => disk.guarded(await tier.createWriter(key, meta))),
    storeWhole: (finished) =>
      disk.write(finished.body.length, async (tier) => {
        const file = await tier.storeWhole(finished);
        disk.worked();
        return file;
      }),
    onPromised: disk.promised,
    diskFailed: disk.failed,
    diskWorked: disk.worked,
    onHeld(delta) {
      fillBytes += delta;
      return fillBytes > maxFillBytes;
    },
    keep(finished) {
      if (closed || retired) return undefined;
      const entry = new Entry(finished, () => disk.tier);
      const inRam = finished.body !== undefined && enterRam(entry, finished.body);
      const inDisk = finished.file !== undefined && enterDisk(entry, finished.file);
      if (!inRam && !inDisk) return undefined;
      entry.verified = true;
      entry.live = true;
      entry.generation = purges.generation;
      if (finished.file !== undefined && !inDisk) void removeFile(finished.file);
      for (const old of index.add(entry)) bury(old);
      disturbed(entry.key);
      return entry;
    },
    discard: removeFile,
    onEnded: (fill) => fills.delete(fill),
  };

  /** Takes an entry of before the start back in, unless it was purged since or something newer is there. */
  function takeBack({ file, head }: Recovered): void {
    const newer = index.find(head.key, undefined, head.meta.varyKey);
    if (newer?.file?.id === file.id) return;
    const entry = new Entry({ ...head, body: undefined, file }, () => disk.tier);
    const purged = purges.since(0, head);
    if (
      purged === 'hard' ||
      (newer !== undefined && newer.meta.receivedAtMs >= head.meta.receivedAtMs) ||
      !enterDisk(entry, file)
    ) {
      void removeFile(file);
      return;
    }
    entry.live = true;
    entry.generation = purges.generation;
    for (const old of index.add(entry)) bury(old);
    if (purged === 'soft') soften(entry, purges.generation);
  }

  try {
    const tier = await disk.open();
    if (tier !== undefined) await reading.begin(await tier.recover());
    await Promise.all(removals);
  } catch (error) {
    disk.failed(error);
  }

  return {
    get state() {
      return disk.state;
    },
    get stats() {
      return {
        entries: index.size,
        ramEntries: ram.size,
        ramBytes: ram.weight,
        diskBytes: diskOptions === undefined ? 0 : onDisk.weight,
        fillsUnderWay: fills.size,
        fillBytes,
        corrupt,
        evicted,
      };
    },
    get generation() {
      return purges.generation;
    },
    peek(key, header) {
      const entry = current(index.find(key, header));
      if (entry?.body === undefined) return undefined;
      found(entry);
      return entry;
    },
    async lookup(key, header) {
      const entry = current(index.find(key, header));
      if (entry === undefined) {
        ram.record(policyHash(key));
        return undefined;
      }
      found(entry);
      if (entry.body !== undefined) return entry;
      entry.readying ??= ready(entry).finally(() => {
        entry.readying = undefined;
      });
      return (await entry.readying) ? entry : undefined;
    },
    variants: (key) => index.variants(key).filter((entry) => sweeps.settle(entry)),
    parts: (key) => index.parts(key).filter((entry) => sweeps.settle(entry)),
    used(stored, times) {
      const entry = index.find(stored.key, undefined, stored.meta.varyKey);
      if (entry === undefined || entry !== stored) return;
      // The policies' counters end at fifteen.
      for (let i = 0; i < Math.min(times, 15); i += 1) found(entry);
    },
    begin(key, meta, beginOptions = {}) {
      const fill = new StoreFill(host, key, meta, beginOptions);
      if (closing || purges.since(beginOptions.generation ?? purges.generation, { key, meta }) !== undefined)
        fill.doom();
      fills.add(fill);
      disturbed(key, fill.ended);
      return fill;
    },
    async update(stored, meta, updateOptions = {}) {
      const entry = current(index.find(stored.key, undefined, stored.meta.varyKey));
      if (entry === undefined || entry !== stored) return;
      // Asked before a purge that made it stale: it stays so.
      if (purges.since(updateOptions.generation ?? purges.generation, entry) !== undefined) return;
      index.remove(entry);
      entry.meta = meta;
      entry.attachment = undefined;
      disturbed(entry.key);
      for (const old of index.add(entry)) if (old !== entry) bury(old);
      await writeHead(entry);
    },
    remove(stored) {
      const entry = index.find(stored.key, undefined, stored.meta.varyKey);
      if (entry !== undefined && entry === stored) bury(entry);
    },
    forget(key) {
      purges.addKey(key);
      for (const fill of fills) if (wholeKey(fill.key) === key) fill.doom();
      const gone = [...index.variants(key), ...index.parts(key)];
      for (const entry of gone) bury(entry);
      return gone.length;
    },
    forgetGroup(scope, group) {
      purges.addGroup(scope, group);
      for (const fill of fills)
        if (keyScope(fill.key) === scope && fill.meta.groups?.includes(group) === true) fill.doom();
      const members = index.inGroup(scope, group);
      for (const entry of members) bury(entry);
      return members.length;
    },
    gone: settled,
    purge(owner, what, purgeOptions = {}) {
      const soft = purgeOptions.soft === true;
      purges.add(owner, what, soft);
      const matches = purgeMatcher(owner, what);
      let doomed = 0;
      for (const fill of fills) {
        if (fill.doomed || !matches(fill)) continue;
        fill.doom();
        doomed += 1;
      }
      options.onVoided?.(matches);
      const { generation } = purges;
      const candidates = index.candidates(owner, what);
      const swept = sweeps.begin({ generation, soft, matches, candidates });
      return swept.then(({ matched, whole }) => ({ matched: matched + doomed, whole }));
    },
    async retire() {
      closing = true;
      await reading.stop();
      await sweeps.stop();
      for (const fill of fills) fill.doom();
      await Promise.all([...fills].filter((fill) => fill.committing).map((fill) => fill.ended));
      await Promise.all(removals);
      retired = true;
      return () => {
        retired = false;
        closing = false;
        reading.goOn();
        sweeps.goOn();
      };
    },
    async close() {
      closing = true;
      await reading.stop();
      await sweeps.stop();
      // What has come whole is kept; `abort` leaves a fill alone that is only being written down.
      for (const fill of fills) fill.abort(new Error('the store is closing'));
      await Promise.all([...fills].map((fill) => fill.ended));
      closed = true;
      await Promise.all(removals);
    },
  };
}
