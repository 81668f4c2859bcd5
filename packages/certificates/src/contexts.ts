import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { Clock } from '@media-network/runtime';
import { factsOf, wildcardOf } from './certificate-pair.ts';
import type { CertificatePair } from './certificate-pair.ts';

/** What a handshake takes by the name that a client gives, made when it is first asked for. */
export interface Contexts {
  /** Null: there is none for this name. `proof`: the client asks for proof of a challenge (RFC 8737). Never rejects. */
  readonly contextFor: (serverName: string, proof: boolean) => Promise<SecureContext | null>;
  /** What was made for these names is asked for anew. */
  forget(names: Iterable<string>): void;
  /** Contexts that are held. */
  readonly size: number;
}

export interface ContextsDeps {
  /** The certificate for a name; undefined where there is none. */
  readonly load: (name: string, proof: boolean) => Promise<CertificatePair | undefined>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export interface ContextsOptions {
  /** Some 45 KiB each; the longest unused goes. 1,000 by default. */
  readonly maxContexts?: number;
}

const MAX_CONTEXTS = 1_000;
/** Names that nobody has are the choice of whoever connects: so many are remembered, and for so long. */
const MAX_ABSENT = 4_096;
const ABSENT_MS = 5_000;
/** Names that are being looked for at once; who comes then gets what there is for nobody in particular. */
const MAX_LOADING = 64;
/** As in a Host (packages/http-front): what is no host has no certificate. */
const HOST = /^[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/;
const MAX_NAME = 253;

interface Held {
  readonly names: readonly string[];
  readonly context: SecureContext;
}

export function createContexts(deps: ContextsDeps, options: ContextsOptions = {}): Contexts {
  const { load, clock } = deps;
  const most = options.maxContexts ?? MAX_CONTEXTS;
  /** In the order of use. Of each context there is one, under each name of its certificate. */
  const held = new Set<Held>();
  const byName = new Map<string, Held>();
  const absent = new Map<string, number>();
  const loading = new Map<string, Promise<SecureContext | null>>();
  /** Counts what was forgotten: what was being read meanwhile may be of before, and is used once. */
  let forgotten = 0;

  function drop(entry: Held): void {
    held.delete(entry);
    for (const name of entry.names) if (byName.get(name) === entry) byName.delete(name);
  }

  function known(name: string): SecureContext | undefined {
    const wildcard = wildcardOf(name);
    const entry = byName.get(name) ?? (wildcard === undefined ? undefined : byName.get(wildcard));
    if (entry === undefined) return undefined;
    held.delete(entry);
    held.add(entry);
    return entry.context;
  }

  function keep(name: string, pair: CertificatePair): SecureContext {
    const context = createSecureContext(pair);
    const entry = { names: [...new Set([...factsOf(pair.cert).names, name])], context };
    held.add(entry);
    for (const each of entry.names) byName.set(each, entry);
    for (const oldest of held) {
      if (held.size <= most) break;
      drop(oldest);
    }
    return context;
  }

  async function look(name: string, proof: boolean): Promise<SecureContext | null> {
    const since = forgotten;
    try {
      const pair = await load(name, proof);
      // What proves something is used once or twice, and never for viewers.
      if (pair !== undefined)
        return proof || since !== forgotten ? createSecureContext(pair) : keep(name, pair);
    } catch {
      // A certificate that cannot be read is none; whoever keeps it says so.
    }
    if (!proof && since === forgotten) {
      absent.delete(name);
      absent.set(name, clock.nowMs() + ABSENT_MS);
      for (const oldest of absent.keys()) {
        if (absent.size <= MAX_ABSENT) break;
        absent.delete(oldest);
      }
    }
    return null;
  }

  return {
    async contextFor(serverName, proof) {
      const name = serverName.endsWith('.') ? serverName.slice(0, -1) : serverName;
      if (name.length > MAX_NAME || !HOST.test(name)) return null;
      if (!proof) {
        const found = known(name);
        if (found !== undefined) return found;
        if ((absent.get(name) ?? 0) > clock.nowMs()) return null;
      }
      const key = `${proof ? '!' : ''}${name}`;
      const under = loading.get(key);
      if (under !== undefined) return under;
      if (loading.size >= MAX_LOADING) return null;
      const run = look(name, proof).finally(() => loading.delete(key));
      loading.set(key, run);
      return run;
    },
    forget(names) {
      forgotten += 1;
      // A wildcard is there for names that had none.
      absent.clear();
      for (const name of names) {
        const entry = byName.get(name);
        if (entry !== undefined) drop(entry);
      }
    },
    get size() {
      return held.size;
    },
  };
}
