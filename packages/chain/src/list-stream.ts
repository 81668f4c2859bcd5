import type { Address } from '@solana/kit';

import { createListCutter } from './list-cutter.ts';
import { LargeInteger, httpError, quickJson, toJson } from './list-transport.ts';
import { JSON_FIELDS } from './post.ts';
import type { RawAccount } from './reads.ts';

/** Takes the accounts of a list as they come. */
export interface ListSink {
  /** A list begins: what was taken of one before it, which broke off, is not all there is. */
  begin(): void;
  take(slot: bigint, address: Address, account: RawAccount): void;
}

/** What a sink threw: it is no failure of the node's. */
export class SinkError extends Error {
  override readonly name = 'SinkError';
}

/** As nodes write a list of accounts, with the slot that it is of. */
export interface WholeList {
  readonly context: { readonly slot: number | bigint };
  readonly value: readonly { readonly pubkey: Address; readonly account: RawAccount }[];
}

const SLOT = /"slot"\s*:\s*(\d{1,15})\b/;

/**
 * Asks a node for a list of accounts and gives them to `sink` as they come: a hundred thousand have two hundred megabytes of JSON, and
 * are never in memory as that. The answer without its accounts. Rejects with a `LargeInteger` where a number is more than a double
 * holds, or the slot does not come first: then the list has to be read as a whole.
 */
export async function streamList(
  url: string,
  payload: unknown,
  how: { readonly signal: AbortSignal; readonly onProgress: () => void; readonly sink: ListSink },
): Promise<unknown> {
  const { signal, onProgress, sink } = how;
  const response = await fetch(url, {
    method: 'POST',
    headers: JSON_FIELDS,
    body: toJson(payload),
    signal,
  });
  if (!response.ok || response.body === null)
    throw httpError(response.status, response.statusText, response.headers);
  let slot: bigint | undefined;
  sink.begin();
  const cutter = createListCutter((text, head) => {
    slot ??= slotIn(head);
    // An element of a list of accounts, from a node that is believed as far as every other answer of its.
    const { pubkey, account } = quickJson(text) as WholeList['value'][number];
    try {
      sink.take(slot, pubkey, account);
    } catch (cause) {
      throw new SinkError('an account of a list cannot be taken', { cause });
    }
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    onProgress();
    cutter.push(decoder.decode(chunk, { stream: true }));
  }
  return quickJson(cutter.end());
}

function slotIn(head: string): bigint {
  const slot = SLOT.exec(head)?.[1];
  if (slot === undefined) throw new LargeInteger();
  return BigInt(slot);
}

/** The same of a list that is there as a whole. */
export function pour({ context, value }: WholeList, sink: ListSink): void {
  sink.begin();
  for (const { pubkey, account } of value) sink.take(BigInt(context.slot), pubkey, account);
}
