import { createHash } from 'node:crypto';
import { addressBytes, encodeAttest, encodeCounter, signAttest, signCounter } from '@media-network/protocol';
import type { SignBytes } from '@media-network/protocol';
import { headerLines } from '@media-network/http-cache';
import type { CacheStore } from '@media-network/http-cache';
import type { EdgeChain } from '../chain/edge-chain.ts';
import { hourAt } from '../chain/periods.ts';
import type { Journal } from '../journal/journal.ts';
import type { Ledger } from '../journal/ledger.ts';
import { findStored } from '../serve/entry-keys.ts';
import type { EntryKeys } from '../serve/entry-keys.ts';
import type { TenantBook } from '../tenant/tenant-book.ts';

export interface StatementsDeps {
  readonly chain: EdgeChain;
  readonly ledger: Ledger;
  readonly journal: Pick<Journal, 'flush'>;
  readonly store: CacheStore;
  readonly keys: EntryKeys;
  readonly book: TenantBook;
  readonly sign: SignBytes;
}

/** What the operator signs on demand (docs/evidence.md, HTTP of an edge). */
export interface Statements {
  /** The meter of a resource; the bytes are in the journal before they are signed, so a report can never be below. */
  counter(resource: string): Promise<Uint8Array>;
  /** About the cached object at a target; undefined when it is not in the cache. */
  attest(resource: string, target: string, nonce: Uint8Array): Promise<Uint8Array | undefined>;
}

export function createStatements(deps: StatementsDeps): Statements {
  const { chain, ledger } = deps;
  return {
    async counter(resource) {
      const key = Buffer.from(addressBytes(resource)).toString('hex');
      const unixMs = chain.nowMs();
      const hour = Math.max(0, hourAt(chain.periods, unixMs));
      // One snapshot, then the journal: what is signed is on disk.
      const bytes = ledger.total(key);
      const hourBytes = ledger.bytesInHour(key, hour);
      await deps.journal.flush();
      return encodeCounter(
        await signCounter(
          {
            edge: chain.edge,
            resource,
            bytes: BigInt(bytes),
            hour: BigInt(hour),
            hourBytes: BigInt(hourBytes),
            unixMs: BigInt(Math.floor(unixMs)),
          },
          deps.sign,
        ),
      );
    },
    async attest(resource, target, nonce) {
      const tenant = deps.book.byKey(Buffer.from(addressBytes(resource)).toString('hex'));
      if (tenant?.settings === undefined) return undefined;
      const entry = await findStored(deps.store, deps.keys, tenant.key, tenant.settings.version, target);
      if (entry === undefined) return undefined;
      const validator =
        headerLines(entry.meta.headers, 'etag')[0] ??
        headerLines(entry.meta.headers, 'last-modified')[0] ??
        '';
      return encodeAttest(
        await signAttest(
          {
            resource,
            targetHash: hashOf(target),
            validatorHash: hashOf(validator),
            bodyHash: entry.sha256,
            size: BigInt(entry.length),
            unixMs: BigInt(Math.floor(chain.nowMs())),
            nonce,
          },
          deps.sign,
        ),
      );
    },
  };
}

function hashOf(text: string): Uint8Array {
  return createHash('sha256').update(text, 'latin1').digest();
}
