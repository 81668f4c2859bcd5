import { factsOf, wildcardOf } from '@media-network/certificates';
import type { CertificateFacts, CertificatePair, PairStore } from '@media-network/certificates';

/** Certificates in the edge's folder, by name: what is known of each in memory, the rest read when it is needed. */
export interface HeldCertificates {
  has(name: string): boolean;
  /** By its own name or by a wildcard. */
  find(host: string): Promise<CertificatePair | undefined>;
  get(name: string): HeldCertificate | undefined;
  all(): readonly HeldCertificate[];
  put(name: string, pair: CertificatePair, nowMs: number): Promise<void>;
  /** Reads what some of those say that nobody has looked at since the start; false: nothing was left. */
  readSome(): Promise<boolean>;
}

export interface HeldCertificate extends CertificateFacts {
  readonly name: string;
  /** When to renew it; undefined: to be asked. */
  renewAtMs: number | undefined;
  /** When to ask the CA again. */
  askAgainAtMs: number;
  /** Not renewed before: a clock that is wrong must not be a way to order without an end. */
  readonly notBeforeMs: number;
}

/** A round has other things to do. */
const AT_ONCE = 200;
const PAUSE_MS = 3_600_000;

export async function openHeldCertificates(store: PairStore): Promise<HeldCertificates> {
  const names = new Set(await store.names());
  const held = new Map<string, HeldCertificate>();
  const unread = new Set(names);

  function know(name: string, { cert }: CertificatePair, notBeforeMs = 0): void {
    unread.delete(name);
    held.set(name, { name, ...factsOf(cert), renewAtMs: undefined, askAgainAtMs: 0, notBeforeMs });
  }

  async function read(name: string): Promise<CertificatePair | undefined> {
    const pair = await store.read(name);
    if (pair === undefined) {
      // Cut, or no longer there: it is ordered as one that was never had.
      names.delete(name);
      held.delete(name);
      unread.delete(name);
    } else if (unread.has(name)) know(name, pair);
    return pair;
  }

  return {
    has: (name) => names.has(name),
    async find(host) {
      if (names.has(host)) return read(host);
      const wildcard = wildcardOf(host);
      return wildcard !== undefined && names.has(wildcard) ? read(wildcard) : undefined;
    },
    get: (name) => held.get(name),
    all: () => [...held.values()],
    async put(name, pair, nowMs) {
      await store.write(name, pair);
      names.add(name);
      know(name, pair, nowMs + PAUSE_MS);
    },
    async readSome() {
      for (const name of [...unread].slice(0, AT_ONCE)) await read(name);
      return unread.size > 0;
    },
  };
}
