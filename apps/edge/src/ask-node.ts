import { errorMessage } from '@media-network/runtime';
import type { GuardView } from './chain/edge-chain.ts';

export interface AskOptions {
  readonly path: string;
  /** Posted as binary; a GET without. */
  readonly body?: Uint8Array;
  /** A longer answer is none: nobody must be able to fill our memory. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

export type NodeAnswer =
  | { readonly kind: 'answer'; readonly body: Uint8Array }
  /** `status` is 0 where there was no whole answer. */
  | { readonly kind: 'none'; readonly status: number; readonly why: string };

/** One request to one guard. Never rejects: the next guard may know better. */
export function askGuard(
  fetch: typeof globalThis.fetch,
  guard: GuardView,
  options: AskOptions,
): Promise<NodeAnswer> {
  return askNode(fetch, { name: `guard ${guard.no}`, endpoint: guard.endpoint }, options);
}

/** One request to one daemon of the network. Never rejects. */
export async function askNode(
  fetch: typeof globalThis.fetch,
  node: { readonly name: string; readonly endpoint: string },
  options: AskOptions,
): Promise<NodeAnswer> {
  const who = node.name;
  try {
    const response = await fetch(new URL(options.path, node.endpoint), {
      redirect: 'error',
      signal: AbortSignal.timeout(options.timeoutMs),
      ...(options.body === undefined
        ? {}
        : {
            method: 'POST',
            headers: { 'content-type': 'application/octet-stream' },
            body: new Uint8Array(options.body),
          }),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return { kind: 'none', status: response.status, why: `${who} answered ${response.status}` };
    }
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body ?? []) {
      size += part.length;
      if (size > options.maxBytes) return { kind: 'none', status: 0, why: `${who} answered too much` };
      parts.push(part);
    }
    return { kind: 'answer', body: Buffer.concat(parts) };
  } catch (error) {
    return { kind: 'none', status: 0, why: `${who}: ${errorMessage(error)}` };
  }
}
