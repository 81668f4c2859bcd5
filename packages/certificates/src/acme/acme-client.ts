import type { KeyObject } from 'node:crypto';
import { MediaError, errorMessage } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import { base64url, publicJwk, signJws } from './jws.ts';
import { readDirectory } from './objects.ts';
import type { Directory } from './objects.ts';

/** What a CA answered; bodies are JSON or a certificate chain. */
export interface AcmeAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

/** One CA, asked as RFC 8555 says: every request signed, under a nonce that is used once. */
export interface AcmeClient {
  directory(): Promise<Directory>;
  /** Signed by the account, or by the key itself where it has no account yet. `payload` undefined: POST-as-GET. */
  post(url: string, payload: object | undefined, account: string | undefined): Promise<AcmeAnswer>;
  /** Without a signature: for what is public, such as renewal information. */
  get(url: string): Promise<AcmeAnswer>;
}

/** What is used of `fetch`; it is asked nothing else. */
export interface AcmeRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly redirect: 'error';
  readonly signal: AbortSignal;
}

export type AcmeFetch = (url: string, request: AcmeRequest) => Promise<Response>;

export interface AcmeClientDeps {
  readonly fetch: AcmeFetch;
  readonly clock: Pick<Clock, 'nowMs'>;
}

const TIMEOUT_MS = 30_000;
/** A chain of certificates has a few KiB. */
const MAX_BODY_BYTES = 256 * 2 ** 10;
/** A CA may throw any nonce away; one that throws all away is to be asked later. */
const MAX_NONCE_TRIES = 12;
const MAX_NONCES = 8;
const DIRECTORY_MS = 60 * 60_000;
const BAD_NONCE = 'badNonce';

/** What a CA says is wrong (RFC 7807), as an error. `context.type` is the last word of its type. */
export function problemOf(answer: AcmeAnswer): MediaError {
  const { type = '', detail = '' } = (
    typeof answer.json === 'object' && answer.json !== null ? answer.json : {}
  ) as { type?: unknown; detail?: unknown };
  const word = typeof type === 'string' ? (type.split(':').at(-1) ?? '') : '';
  const said = typeof detail === 'string' && detail !== '' ? detail : `HTTP ${answer.status}`;
  return new MediaError({
    code: 'certificates/acme-refused',
    message: `The certificate authority says ${word === '' ? '' : `${word}: `}${said.slice(0, 500)}`,
    source: 'peer',
    // Of what was asked nothing was judged.
    retry: answer.status >= 500 || answer.status === 429 || word === BAD_NONCE,
    context: {
      type: word,
      status: answer.status,
      ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
    },
  });
}

export function badAnswer(what: string): MediaError {
  return new MediaError({
    code: 'certificates/acme-bad-answer',
    message: `The certificate authority answers ${what}, which ACME does not know.`,
    source: 'peer',
    retry: true,
  });
}

export function createAcmeClient(deps: AcmeClientDeps, url: string, key: KeyObject): AcmeClient {
  const { clock } = deps;
  const nonces: string[] = [];
  let known: { readonly directory: Directory; readonly untilMs: number } | undefined;
  const plain = new URL(url).protocol === 'http:';

  async function ask(
    to: string,
    init: Pick<AcmeRequest, 'method' | 'body'> & { readonly headers?: AcmeRequest['headers'] },
  ): Promise<AcmeAnswer> {
    const target = URL.parse(to);
    // Where the directory comes over HTTPS, so does everything that it leads to.
    if (target === null || (target.protocol !== 'https:' && !(plain && target.protocol === 'http:')))
      throw badAnswer(`with the address ${JSON.stringify(to.slice(0, 200))}`);
    let response: Response;
    let text: string;
    try {
      response = await deps.fetch(to, {
        ...init,
        redirect: 'error',
        headers: { 'User-Agent': 'media-network-edge', ...init.headers },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await bounded(response);
    } catch (error) {
      throw new MediaError({
        code: 'certificates/acme-unreachable',
        message: `The certificate authority at ${target.host} cannot be reached: ${reasonOf(error)}.`,
        source: 'peer',
        retry: true,
        cause: error,
      });
    }
    const nonce = response.headers.get('replay-nonce');
    if (nonce !== null && /^[\w-]{1,512}$/.test(nonce)) {
      nonces.push(nonce);
      if (nonces.length > MAX_NONCES) nonces.shift();
    }
    return {
      status: response.status,
      location: response.headers.get('location') ?? undefined,
      retryAfterMs: retryAfter(response.headers.get('retry-after'), clock.nowMs()),
      text,
      json: parsed(text),
    };
  }

  async function directory(): Promise<Directory> {
    if (known !== undefined && clock.nowMs() < known.untilMs) return known.directory;
    const answer = await ask(url, { method: 'GET' });
    if (answer.status !== 200) throw problemOf(answer);
    const read = readDirectory(answer.json);
    if (read === undefined) throw badAnswer('with a directory');
    known = { directory: read, untilMs: clock.nowMs() + DIRECTORY_MS };
    return read;
  }

  async function nonce(): Promise<string> {
    const held = nonces.pop();
    if (held !== undefined) return held;
    const answer = await ask((await directory()).newNonce, { method: 'HEAD' });
    const fresh = nonces.pop();
    if (fresh === undefined) throw answer.status >= 400 ? problemOf(answer) : badAnswer('without a nonce');
    return fresh;
  }

  return {
    directory,
    get: (to) => ask(to, { method: 'GET' }),
    async post(to, payload, account) {
      for (let tries = 1; ; tries += 1) {
        const who = account === undefined ? { jwk: publicJwk(key) } : { kid: account };
        const jws = signJws(key, { nonce: await nonce(), url: to, ...who }, payload);
        const answer = await ask(to, {
          method: 'POST',
          headers: { 'Content-Type': 'application/jose+json' },
          body: JSON.stringify(jws),
        });
        if (answer.status < 400) return answer;
        const problem = problemOf(answer);
        if (problem.context['type'] !== BAD_NONCE || tries === MAX_NONCE_TRIES) throw problem;
      }
    },
  };
}

async function bounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MAX_BODY_BYTES) throw new Error('it answers without an end');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return errorMessage(cause instanceof Error && cause.message !== '' ? cause : error);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds or a date (RFC 9110 §10.2.3), as a pause. */
function retryAfter(field: string | null, nowMs: number): number | undefined {
  if (field === null) return undefined;
  if (/^\d{1,9}$/.test(field)) return Number(field) * 1000;
  const at = Date.parse(field);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** What proves that a challenge is for this account (RFC 8555 §8.1). */
export function keyAuthorization(token: string, accountThumbprint: string): string {
  return `${token}.${accountThumbprint}`;
}

/** A request for a certificate as an order is finalised with it. */
export function csrText(request: Uint8Array): string {
  return base64url(request);
}
