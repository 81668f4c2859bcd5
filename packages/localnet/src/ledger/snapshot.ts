import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { MediaError } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import type { StoredAccount } from '../svm/account.ts';
import { encodeFrame, scanFrames } from './frame.ts';
import { syncFolder } from './files.ts';
import type { LedgerState } from './record.ts';

/** Accounts are written in chunks of about this many bytes, so that a snapshot never needs the whole state twice. */
const CHUNK_BYTES = 4 * 1024 * 1024;

type Head = Omit<LedgerState, 'accounts'> & { readonly accountCount: number };
type Chunk = [Address, StoredAccount | undefined][];

function* chunksOf(accounts: ReadonlyMap<Address, StoredAccount | undefined>): Generator<Chunk> {
  let chunk: Chunk = [];
  let bytes = 0;
  for (const [address, account] of accounts) {
    chunk.push([address, account]);
    bytes += 150 + (account?.data.length ?? 0);
    if (bytes >= CHUNK_BYTES) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** Writes beside, syncs, renames, syncs the folder: the path holds the old file or the whole new one. */
export async function writeSnapshot(path: string, state: LedgerState): Promise<void> {
  const { accounts, ...rest } = state;
  const head: Head = { ...rest, accountCount: accounts.size };
  const beside = `${path}.tmp`;
  const handle = await open(beside, 'w');
  try {
    let number = 0;
    await handle.appendFile(encodeFrame(number, serialize(head)));
    for (const chunk of chunksOf(accounts)) {
      number += 1;
      await handle.appendFile(encodeFrame(number, serialize(chunk)));
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, path);
  await syncFolder(dirname(path));
}

/** Throws `localnet/snapshot-corrupt`: a snapshot was synced before it got its name, so any damage came later. */
export async function readSnapshot(path: string): Promise<LedgerState> {
  const scan = scanFrames(await readFile(path), 0);
  const [first, ...chunks] = scan.frames;
  const accounts = new Map<Address, StoredAccount | undefined>();
  // Checksums have been verified and only writeSnapshot writes these files, hence both casts.
  for (const { payload } of chunks) {
    for (const [address, account] of deserialize(payload) as Chunk) accounts.set(address, account);
  }
  const head = first === undefined ? undefined : (deserialize(first.payload) as Head);
  if (scan.end !== 'clean' || head === undefined || head.accountCount !== accounts.size) {
    throw new MediaError({
      code: 'localnet/snapshot-corrupt',
      message: `The snapshot ${path} is damaged after byte ${scan.goodBytes}; restore the folder from a copy, or start a new chain in another folder.`,
      source: 'internal',
      context: { path, goodBytes: scan.goodBytes },
    });
  }
  const { accountCount: _, ...rest } = head;
  return { ...rest, accounts };
}
