import type { CertificatePair } from '@media-network/certificates';
import { isPicked } from '@media-network/rules';
import type { Rules } from '@media-network/rules';
import type { Clock } from '@media-network/runtime';
import { askNode } from '../ask-node.ts';
import { createRateLimit } from '../control/rate-limit.ts';
import { proofPair } from './challenges.ts';
import type { Challenges } from './challenges.ts';
import type { EdgesOfName } from './edges-of-name.ts';

/**
 * Proofs of this edge and of others: a CA looks for one at whatever edge DNS leads it to, and any edge that the name leads
 * to may have ordered. What others are asked for is no secret, and is nothing but a proof when it comes.
 */
export interface SharedProofs {
  http(host: string, token: string): Promise<string | undefined>;
  tls(name: string): Promise<CertificatePair | undefined>;
}

export interface SharedProofsDeps {
  readonly challenges: Challenges;
  /** Undefined where no CA is named: then others are not asked either. */
  readonly edges: EdgesOfName | undefined;
  /** Rules of the resource that a name is served for here; undefined: it is not. */
  readonly rulesOf: (name: string) => Promise<Pick<Rules, 'regions' | 'edges'> | undefined>;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

/** What strangers can have others asked for: they choose the paths and names. */
const ASKED = { perSecond: 10, burst: 50 };
const OF_ONE_NAME = { perSecond: 1, burst: 10 };
/** Whose turn comes later has nothing yet. */
const MAX_ASKED = 16;
const TIMEOUT_MS = 2_000;
const MAX_BYTES = 512;
const TOKEN = /^[\w-]{16,256}$/;
const THUMBPRINT = /^[\w-]{43}$/;
const DIGEST = /^[0-9a-f]{64}$/;

/** Where an edge says what it is proving, on its control plane. */
export const PROOF_PATH = '/v1/proof';

export function createSharedProofs(deps: SharedProofsDeps): SharedProofs {
  const { challenges, edges, clock, fetch } = deps;
  const all = createRateLimit(ASKED);
  const ofOneName = createRateLimit(OF_ONE_NAME);

  /** The first answer that is one. */
  async function ask<T>(
    name: string,
    query: Readonly<Record<string, string>>,
    read: (text: string) => T | undefined,
  ): Promise<T | undefined> {
    const rules = edges === undefined ? undefined : await deps.rulesOf(name);
    if (edges === undefined || rules === undefined) return undefined;
    const now = clock.nowMs();
    if (!ofOneName.take(name, now) || !all.take('', now)) return undefined;
    await edges.refresh();
    const path = `${PROOF_PATH}?${new URLSearchParams(query).toString()}`;
    const found = Promise.withResolvers<T | undefined>();
    const asked = edges
      .others(name)
      // Whom the publisher has not picked gets no certificate by the help of those it has.
      .filter((edge) => isPicked(rules, edge))
      .slice(0, MAX_ASKED)
      .map(async ({ address, control }) => {
        const answer = await askNode(
          fetch,
          { name: `edge ${address}`, endpoint: control },
          { path, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS },
        );
        if (answer.kind !== 'answer') return;
        const value = read(Buffer.from(answer.body).toString('latin1').trim());
        if (value !== undefined) found.resolve(value);
      });
    void Promise.all(asked).then(() => found.resolve(undefined));
    return found.promise;
  }

  return {
    async http(host, token) {
      const own = challenges.http(host, token);
      if (own !== undefined || !TOKEN.test(token)) return own;
      return ask(host, { host, token }, (text) => {
        const [first, second = '', ...more] = text.split('.');
        return first === token && THUMBPRINT.test(second) && more.length === 0 ? text : undefined;
      });
    },
    async tls(name) {
      const own = challenges.digest(name);
      const digest =
        own ??
        (await ask(name, { host: name }, (text) =>
          DIGEST.test(text) ? Buffer.from(text, 'hex') : undefined,
        ));
      return digest === undefined ? undefined : proofPair(name, digest, clock.nowMs());
    },
  };
}
