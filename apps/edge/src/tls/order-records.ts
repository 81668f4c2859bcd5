import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileNameOf } from '@media-network/certificates';
import type { OpenOrder } from '@media-network/certificates/acme';
import { readIfPresent, writeDurably } from '@media-network/runtime/durable-file';

/** What is under way for a name, and how it went: kept, so that neither a kill nor a crash loop asks a CA for more. */
export interface OrderRecord {
  readonly name: string;
  readonly order: OpenOrder | undefined;
  /** In a row. */
  readonly failures: number;
  /** Nothing is asked for this name before. */
  readonly notBeforeMs: number;
  readonly lastError: { readonly code: string; readonly message: string; readonly atMs: number } | undefined;
  /** Since when a certificate was wanted that there is none of. */
  readonly wantedAtMs: number;
}

export interface OrderRecords {
  all(): readonly OrderRecord[];
  get(name: string): OrderRecord | undefined;
  put(record: OrderRecord): Promise<void>;
  remove(name: string): Promise<void>;
  /** When orders were placed within the last hour. */
  readonly placedAtMs: readonly number[];
  placed(atMs: number): Promise<void>;
}

const SUFFIX = '.json';
const PLACED_FILE = 'placed.list';
const HOUR_MS = 3_600_000;

/** Keys of orders are in it: its files are readable to their owner alone. */
export async function openOrderRecords(dir: string): Promise<OrderRecords> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const records = new Map<string, OrderRecord>();
  for (const file of await readdir(dir)) {
    if (!file.endsWith(SUFFIX)) continue;
    const read = parse((await readIfPresent(join(dir, file)))?.toString('utf8') ?? '');
    // What cannot be read is forgotten: the worst is an order that is placed anew.
    if (read === undefined) await rm(join(dir, file), { force: true });
    else records.set(read.name, read);
  }
  const placedText = (await readIfPresent(join(dir, PLACED_FILE)))?.toString('utf8') ?? '';
  let placedAtMs = placedText
    .split('\n')
    .map(Number)
    .filter((at) => at > 0);
  const path = (name: string): string => join(dir, `${fileNameOf(name)}${SUFFIX}`);
  return {
    all: () => [...records.values()],
    get: (name) => records.get(name),
    async put(record) {
      records.set(record.name, record);
      await writeDurably(path(record.name), `${JSON.stringify(record)}\n`, 0o600);
    },
    async remove(name) {
      if (!records.delete(name)) return;
      await rm(path(name), { force: true });
    },
    get placedAtMs() {
      return placedAtMs;
    },
    async placed(atMs) {
      placedAtMs = [...placedAtMs.filter((at) => atMs - at < HOUR_MS), atMs];
      await writeDurably(join(dir, PLACED_FILE), placedAtMs.join('\n'), 0o600);
    },
  };
}

function parse(text: string): OrderRecord | undefined {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null) return undefined;
    const { name, order, failures, notBeforeMs, lastError, wantedAtMs } = read as Partial<OrderRecord>; // checked below
    if (typeof name !== 'string' || typeof failures !== 'number' || typeof notBeforeMs !== 'number')
      return undefined;
    if (order !== undefined && (typeof order.url !== 'string' || typeof order.key !== 'string'))
      return undefined;
    return { name, order, failures, notBeforeMs, lastError, wantedAtMs: wantedAtMs ?? notBeforeMs };
  } catch {
    return undefined;
  }
}
