import { Resolver } from 'node:dns/promises';
import { errorCode } from '@media-network/runtime';

/** What DNS says at a name. `none`: the zone says that there is nothing; `failed`: nobody could be asked. */
export type TxtAnswer =
  | { readonly kind: 'records'; readonly records: readonly string[] }
  | { readonly kind: 'none' }
  /** This edge has no resolver. */
  | { readonly kind: 'off' }
  | { readonly kind: 'failed'; readonly why: string };

export interface TxtLookup {
  /** Never rejects. */
  records(name: string): Promise<TxtAnswer>;
  close(): void;
}

/** One try; the second waits twice as long. A viewer waits for this once, at the first request for a name. */
const TIMEOUT_MS = 2_000;
const TRIES = 2;
/** A name may have records for many services; more are not looked through. */
const MAX_RECORDS = 100;

const NOTHING: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

/** Asks the resolver at an address, this machine's own (`system`), or nobody (`none`). */
export function createTxtLookup(server: string): TxtLookup {
  if (server === 'none') return { records: async () => ({ kind: 'off' }), close: () => undefined };
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (server !== 'system') resolver.setServers([server]);
  return {
    async records(name) {
      try {
        const records = await resolver.resolveTxt(name);
        // Strings of one record are one text (RFC 7208 §3.3, as everybody reads them).
        return { kind: 'records', records: records.slice(0, MAX_RECORDS).map((parts) => parts.join('')) };
      } catch (error) {
        const code = errorCode(error);
        return NOTHING.has(code) ? { kind: 'none' } : { kind: 'failed', why: code };
      }
    },
    close: () => resolver.cancel(),
  };
}
