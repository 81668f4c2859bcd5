import { createHash } from 'node:crypto';
import { addressBytes, encodeAttest, signAttest } from '@media-network/protocol';
import type { SignBytes } from '@media-network/protocol';
import { headerLines } from '@media-network/http-cache';
import type { CacheStore } from '@media-network/http-cache';
import { askedTarget } from '@media-network/rules';
import type { EdgeChain } from '../chain/edge-chain.ts';
import { findStored, waysOf } from '../serve/entry-keys.ts';
import type { EntryKeys } from '../serve/entry-keys.ts';
import type { TenantBook } from '../tenant/tenant-book.ts';

export interface StatementsDeps {
  readonly chain: Pick<EdgeChain, 'nowMs'>;
  readonly store: CacheStore;
  readonly keys: EntryKeys;
  readonly book: TenantBook;
  readonly sign: SignBytes;
}

/** What the operator signs on demand (docs/evidence.md, HTTP of an edge). */
export interface Statements {
  /** About the cached object at a target; undefined when it is not in the cache. */
  attest(resource: string, target: string, nonce: Uint8Array): Promise<Uint8Array | undefined>;
}

export function createStatements(deps: StatementsDeps): Statements {
  const { chain } = deps;
  return {
    async attest(resource, target, nonce) {
      const tenant = deps.book.byKey(Buffer.from(addressBytes(resource)).toString('hex'));
      if (tenant?.settings === undefined) return undefined;
      const { plain } = tenant.settings;
      const entry = await findStored(
        deps.store,
        deps.keys,
        waysOf(tenant.key, plain, plain.domains),
        askedTarget(plain.rules, target),
      );
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
