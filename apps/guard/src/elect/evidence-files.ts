import { createHash } from 'node:crypto';
import { MAX_EVIDENCE_BYTES } from '@media-network/protocol';
import type { Contradictions } from '../collect/contradictions.ts';
import type { PeerFetch } from '../evidence/peer-fetch.ts';

const ASK_MS = 5_000;
/** Guards asked for a file beside its elector. */
const MAX_ASKED = 8;

/** A file of that SHA-256 in hex, from the own disk, the elector or other guards; undefined where nobody shows it. */
export async function fetchEvidence(
  deps: { readonly contradictions: Pick<Contradictions, 'read'>; readonly fetch: Pick<PeerFetch, 'get'> },
  file: string,
  endpoints: readonly string[],
  signal: AbortSignal,
): Promise<unknown> {
  const own = await deps.contradictions.read(`${file}.json`);
  if (own !== undefined) return jsonOf(own);
  for (const endpoint of endpoints.slice(0, 1 + MAX_ASKED)) {
    if (signal.aborted) return undefined;
    const answer = await deps.fetch
      .get(endpoint, `/v1/contradictions/${file}.json`, {
        maxBytes: MAX_EVIDENCE_BYTES,
        timeoutMs: ASK_MS,
        signal,
      })
      .catch(() => undefined);
    if (answer?.status !== 200) continue;
    if (createHash('sha256').update(answer.body).digest('hex') !== file) continue;
    return jsonOf(new TextDecoder().decode(answer.body));
  }
  return undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A file of the hash that the chain names and that is no JSON shows nothing.
    return null;
  }
}
