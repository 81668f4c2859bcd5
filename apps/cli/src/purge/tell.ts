import { fieldsOf } from '../resource/ask-json.ts';

export interface ToTell {
  readonly kind: 'edge' | 'guard';
  readonly address: string;
  /** Where viewers or others reach it, to name it by. */
  readonly endpoint: string;
  /** Where it takes purges. */
  readonly base: string;
}

/** What a node said to all purges of a command. */
export interface Told {
  readonly kind: 'edge' | 'guard';
  readonly address: string;
  readonly endpoint: string;
  readonly confirmed: boolean;
  /** Objects that an edge found; null of a guard, and where it has confirmed nothing. */
  readonly objects: number | null;
  /** Code of why it has not confirmed; `no-answer` where it was not reached. */
  readonly code: string | null;
  readonly why: string | null;
  readonly ms: number;
}

export interface TellDeps {
  readonly fetch: typeof globalThis.fetch;
  readonly sleep: (ms: number) => Promise<void>;
  readonly nowMs: () => number;
}

const TIMEOUT_MS = 10_000;
/** A node that starts, or is busy, is asked again: so often, after so long. */
const TRIES = 3;
const PAUSE_MS = 1_100;

type Said =
  | { readonly kind: 'confirmed'; readonly objects: number }
  | { readonly kind: 'not'; readonly code: string; readonly why: string; readonly again: boolean };

async function post(base: string, bytes: Uint8Array, deps: TellDeps): Promise<Said> {
  try {
    const response = await deps.fetch(new URL('/v1/purge', base), {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(bytes),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const said = fieldsOf(await response.json().catch(() => undefined));
    if (response.status === 200) {
      const objects = said.get('objects');
      return { kind: 'confirmed', objects: typeof objects === 'number' ? objects : 0 };
    }
    const [code, message] = [said.get('code'), said.get('message')];
    return {
      kind: 'not',
      code: typeof code === 'string' ? code : `http-${response.status}`,
      why: typeof message === 'string' ? message : `it answered ${response.status}`,
      again: response.status === 429 || response.status === 503,
    };
  } catch {
    return { kind: 'not', code: 'no-answer', why: 'it does not answer', again: true };
  }
}

/** Brings all purges to one node, one after the other; it has confirmed when it has confirmed each. Never rejects. */
export async function tell(node: ToTell, purges: readonly Uint8Array[], deps: TellDeps): Promise<Told> {
  const { kind, address, endpoint } = node;
  const begun = deps.nowMs();
  let objects = 0;
  for (const bytes of purges) {
    let said = await post(node.base, bytes, deps);
    for (let tries = 1; said.kind === 'not' && said.again && tries < TRIES; tries += 1) {
      await deps.sleep(PAUSE_MS);
      // The same purge once more is the same purge: a node that has heard it says so.
      said = await post(node.base, bytes, deps);
    }
    if (said.kind === 'not') {
      const { code, why } = said;
      return {
        kind,
        address,
        endpoint,
        confirmed: false,
        objects: null,
        code,
        why,
        ms: deps.nowMs() - begun,
      };
    }
    objects += said.objects;
  }
  const ms = deps.nowMs() - begun;
  const found = kind === 'edge' ? objects : null;
  return { kind, address, endpoint, confirmed: true, objects: found, code: null, why: null, ms };
}
