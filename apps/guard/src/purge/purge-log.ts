import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { listedBytes } from '@media-network/protocol';

/** A purge as its publisher signed it. */
export interface KeptPurge {
  /** Hex, see `purgeId`. */
  readonly id: string;
  readonly resource: string;
  readonly unixMs: number;
  readonly bytes: Uint8Array;
}

/** What is told of it at once. */
export interface ToldPurges {
  readonly purges: readonly Uint8Array[];
  /** Number of the last one told. */
  readonly next: bigint;
  /** Time of the newest that was meant and is not kept any more; 0 where there is none. */
  readonly missingMs: number;
}

/**
 * Purges of the last days, in the order in which they came, one file of lines. What is not kept any more is remembered
 * by its time alone: whoever was away then takes all that is older for purged.
 */
export interface PurgeLog {
  /** Names this list: numbers of another mean nothing here. 16 bytes. */
  readonly name: Uint8Array;
  has(id: string): boolean;
  /** Resolves when the disk has it for good. Rejects where the disk refuses. */
  add(purge: KeptPurge, nowMs: number): Promise<void>;
  of(resource: string): ToldPurges;
  /** Those of all resources after a number, up to so many bytes. */
  after(number: bigint, maxBytes: number): ToldPurges;
  close(): Promise<void>;
}

interface Numbered extends KeptPurge {
  readonly number: number;
  /** Not kept any more, and out of the list when it is put right next. */
  gone: boolean;
}
interface Lost {
  readonly number: number;
  readonly unixMs: number;
}

const KEEP_MS = 7 * 86_400_000;
/** Of one resource. Beyond it the oldest is let go: a publisher that floods costs itself its own cache, and nobody else. */
const MAX_OF_RESOURCE = 1_000;
const MAX_BYTES_OF_RESOURCE = 262_144;
/** Of all: what they take in memory, and half of the most that they take on disk. */
const MAX_BYTES = 64 * 2 ** 20;
/** Gone ones that are let stand in the list. */
const MAX_GONE = 10_000;
/** Lines that are of no use before the file is written anew. */
const REWRITE_LINES = 10_000;

export async function openPurgeLog(dir: string): Promise<PurgeLog> {
  const file = path.join(dir, 'purges.jsonl');
  /** Rising by number. */
  let all: Numbered[] = [];
  const ids = new Set<string>();
  const byResource = new Map<string, { list: Numbered[]; bytes: number }>();
  const lost = new Map<string, Lost>();
  let name = randomBytes(16).toString('hex');
  let last = 0;
  let lastLost = 0;
  let bytes = 0;
  let lines = 0;
  let gone = 0;
  let handle: FileHandle | undefined;
  let tail: Promise<void> = Promise.resolve();

  function drop(one: Numbered): void {
    const own = byResource.get(one.resource);
    if (own !== undefined) {
      own.list = own.list.filter((each) => each !== one);
      own.bytes -= one.bytes.length;
      if (own.list.length === 0) byResource.delete(one.resource);
    }
    one.gone = true;
    gone += 1;
    ids.delete(one.id);
    bytes -= one.bytes.length;
    lose(one.resource, one);
  }

  function lose(resource: string, { number, unixMs }: Lost): void {
    const before = lost.get(resource);
    lost.set(resource, {
      number: Math.max(number, before?.number ?? 0),
      unixMs: Math.max(unixMs, before?.unixMs ?? 0),
    });
    lastLost = Math.max(lastLost, number);
  }

  function keep(one: Numbered): void {
    const own = byResource.get(one.resource) ?? { list: [], bytes: 0 };
    byResource.set(one.resource, own);
    own.list.push(one);
    own.bytes += one.bytes.length;
    all.push(one);
    ids.add(one.id);
    bytes += one.bytes.length;
    last = Math.max(last, one.number);
  }

  function keptOnes(): Numbered[] {
    return all.filter((one) => !one.gone);
  }

  /** What is too old or too much. */
  function trim(resource: string, nowMs: number): void {
    for (const one of all) {
      if (one.gone) continue;
      if (one.unixMs >= nowMs - KEEP_MS && bytes <= MAX_BYTES) break;
      drop(one);
    }
    for (let own = byResource.get(resource); own !== undefined; own = byResource.get(resource)) {
      const [oldest] = own.list;
      if (oldest === undefined) break;
      if (own.list.length <= MAX_OF_RESOURCE && own.bytes <= MAX_BYTES_OF_RESOURCE) break;
      drop(oldest);
    }
    // Not each time: a list of all that is kept is made anew.
    if (gone > MAX_GONE) {
      all = keptOnes();
      gone = 0;
    }
  }

  const lineOf = ({ number, id, resource, unixMs, bytes: whole }: Numbered): string =>
    `${JSON.stringify({ number, id, resource, unixMs, purge: Buffer.from(whole).toString('base64') })}\n`;

  function read(line: string): void {
    const value = parsed(line);
    if (value === undefined) return;
    const { resource, number, unixMs } = value;
    if (typeof value['log'] === 'string') name = value['log'];
    if (typeof resource !== 'string' || typeof number !== 'number' || typeof unixMs !== 'number') return;
    last = Math.max(last, number);
    const { id, purge } = value;
    if (typeof id !== 'string' || typeof purge !== 'string') lose(resource, { number, unixMs });
    else if (!ids.has(id))
      keep({
        number,
        id,
        resource,
        unixMs,
        bytes: new Uint8Array(Buffer.from(purge, 'base64')),
        gone: false,
      });
  }

  async function rewrite(): Promise<void> {
    const text = [
      `${JSON.stringify({ log: name })}\n`,
      ...[...lost].map(([resource, each]) => `${JSON.stringify({ resource, ...each })}\n`),
      ...keptOnes().map(lineOf),
    ];
    const beside = `${file}.new`;
    const fresh = await open(beside, 'w');
    try {
      await fresh.writeFile(text.join(''));
      await fresh.datasync();
    } finally {
      await fresh.close();
    }
    await rename(beside, file);
    await handle?.close();
    handle = await open(file, 'a');
    lines = text.length;
  }

  async function write(one: Numbered): Promise<void> {
    // A torn line is one line lost, and never the next: each begins with a line break where the one before has none.
    if (handle === undefined || lines > 2 * ids.size + lost.size + REWRITE_LINES) return rewrite();
    try {
      await handle.appendFile(lineOf(one));
      await handle.datasync();
      lines += 1;
    } catch (error) {
      await handle.close().catch(() => undefined);
      handle = undefined;
      throw error;
    }
  }

  await mkdir(dir, { recursive: true });
  const before = await readFile(file, 'utf8').catch(() => '');
  for (const line of before.split('\n')) read(line);
  // What was let go since the file was last written anew is in it still.
  for (const resource of byResource.keys()) trim(resource, 0);
  await rewrite();

  return {
    get name() {
      return new Uint8Array(Buffer.from(name, 'hex'));
    },
    has: (id) => ids.has(id),
    async add(purge, nowMs) {
      const one = { ...purge, number: last + 1, gone: false };
      keep(one);
      trim(purge.resource, nowMs);
      const written = tail.then(() => write(one));
      tail = written.catch(() => undefined);
      try {
        await written;
      } catch (error) {
        // Nobody was told that it is kept; whoever has heard of it meanwhile has heard the publisher's word.
        if (!one.gone) drop(one);
        throw error;
      }
    },
    of(resource) {
      const own = byResource.get(resource)?.list ?? [];
      return {
        purges: own.map((each) => each.bytes),
        next: BigInt(last),
        missingMs: lost.get(resource)?.unixMs ?? 0,
      };
    },
    after(number, maxBytes) {
      const purges: Uint8Array[] = [];
      let size = 0;
      let next = number > BigInt(last) ? BigInt(last) : number;
      let missingMs = 0;
      if (number < BigInt(lastLost))
        for (const each of lost.values())
          if (BigInt(each.number) > number) missingMs = Math.max(missingMs, each.unixMs);
      for (let at = firstAfter(all, number); at < all.length; at += 1) {
        const one = all[at];
        if (one === undefined || (!one.gone && size + listedBytes(one.bytes) > maxBytes)) break;
        next = BigInt(one.number);
        if (one.gone) continue;
        purges.push(one.bytes);
        size += listedBytes(one.bytes);
      }
      return { purges, next, missingMs };
    },
    async close() {
      await tail;
      await handle?.close();
      handle = undefined;
    },
  };
}

function firstAfter(all: readonly Numbered[], number: bigint): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (BigInt(all[middle]?.number ?? 0) > number) high = middle;
    else low = middle + 1;
  }
  return low;
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  if (line === '') return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
