import { startThread } from '@media-network/runtime/own-parts';
import { decodeHour } from '@media-network/protocol';
import { sha256 } from '../report/report-builder.ts';

/** Vouched history of a resource: bytes at this edge, and at all edges. */
export interface Weight {
  readonly here: bigint;
  readonly all: bigint;
}

/** What the table of an hour says of one edge's part of each resource. */
export interface History {
  /** Of the hour's tree, as computed from the blob. */
  readonly root: Uint8Array;
  readonly weights: ReadonlyMap<string, Weight>;
}

export interface HistoryTask {
  readonly blob: Uint8Array;
  /** Account of the edge. */
  readonly edge: string;
}

/** Up to here it takes about a millisecond, less than a thread is worth. */
const INLINE_BYTES = 65_536;

/** Undefined when the blob is no hour's. */
export function readHistory({ blob, edge }: HistoryTask): History | undefined {
  const hour = decodeHour(blob, sha256);
  if (hour === undefined) return undefined;
  const weights = new Map<string, Weight>();
  for (const row of hour.table) {
    const { here, all } = weights.get(row.resource) ?? { here: 0n, all: 0n };
    weights.set(row.resource, {
      here: row.edge === edge ? here + row.vouched : here,
      all: all + row.vouched,
    });
  }
  return { root: new Uint8Array(hour.root), weights };
}

/** The same, away from the loop where the blob is large: viewers wait there. */
export function readHistoryAside(task: HistoryTask): Promise<History | undefined> {
  if (task.blob.length <= INLINE_BYTES) return Promise.resolve(readHistory(task));
  return new Promise((resolve, reject) => {
    const worker = startThread(new URL('history-worker.ts', import.meta.url), { workerData: task });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the reader of an hour ended without an answer')));
  });
}
