import { errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { isPrivateLiteral } from '@media-network/runtime/daemon';
import { Agent, request } from 'undici';
import { createConnector } from '../connector.ts';

export interface PeerAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

export interface Pulled {
  readonly bytes: number;
  /** Milliseconds from the head of the answer to its last byte. */
  readonly ms: number;
}

/** What one exchange with a stranger may cost. */
export interface FetchLimits {
  /** Most bytes of a body that are read. */
  readonly maxBytes: number;
  /** The one length that a body of status 200 can rightly have; an answer that says another is not read at all. */
  readonly exactBytes?: number;
  /** For the whole exchange, however it is spread: an answer that drips is cut like one that never comes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Small exchanges with edges and guards: bounded in bytes and time, no redirects. */
export interface PeerFetch {
  /**
   * `target` is appended to the base URL of the peer. Undefined when there is no whole answer within the limits,
   * or when the peer is not to be asked: addresses on chain are strangers' words.
   */
  get(baseUrl: string, target: string, limits: FetchLimits): Promise<PeerAnswer | undefined>;
  post(
    baseUrl: string,
    target: string,
    body: Uint8Array,
    limits: FetchLimits,
  ): Promise<PeerAnswer | undefined>;
  /** Posts, and counts what comes without keeping it, until it ends or a limit is reached; undefined where nothing came with 200. */
  pull(baseUrl: string, target: string, body: Uint8Array, limits: FetchLimits): Promise<Pulled | undefined>;
  /** Whether a peer may be asked at all: a guard on the internet asks nobody inside its own network. */
  mayAsk(baseUrl: string): boolean;
  close(): Promise<void>;
}

const IDLE_MS = 10_000;
/** Bodies of errors are read for their connection's sake only. */
const ERROR_BYTES = 16_384;

/** Longest time for a body: three seconds to begin with, then at least 256 KiB a second, at most `ceilingMs`. */
export function timeFor(bytes: number, ceilingMs: number): number {
  return Math.min(ceilingMs, 3_000 + Math.ceil(bytes / 262.144));
}

/** `allowPrivate`: whether peers may be on this machine or its local network. */
export function createPeerFetch(log: Log, { allowPrivate }: { readonly allowPrivate: boolean }): PeerFetch {
  const dispatcher = new Agent({
    connections: 8,
    pipelining: 1,
    headersTimeout: IDLE_MS,
    bodyTimeout: IDLE_MS,
    connect: createConnector({ allowPrivate }),
  });

  function urlOf(baseUrl: string, target: string): URL | undefined {
    const url = URL.parse(target, baseUrl);
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
    return !allowPrivate && isPrivateLiteral(url.hostname) ? undefined : url;
  }

  async function exchange(
    method: 'GET' | 'POST',
    url: URL,
    sent: Uint8Array | undefined,
    limits: FetchLimits,
  ): Promise<PeerAnswer | undefined> {
    const timeout = AbortSignal.timeout(limits.timeoutMs ?? timeFor(limits.maxBytes, 30_000));
    const answer = await request(url, {
      method,
      dispatcher,
      signal: limits.signal === undefined ? timeout : AbortSignal.any([limits.signal, timeout]),
      ...(sent === undefined
        ? {}
        : { body: Buffer.from(sent), headers: { 'content-type': 'application/octet-stream' } }),
    });
    const good = answer.statusCode === 200;
    const most = good ? limits.maxBytes : Math.min(limits.maxBytes, ERROR_BYTES);
    const declared = Number(answer.headers['content-length'] ?? Number.NaN);
    const wrongLength = good && limits.exactBytes !== undefined && declared !== limits.exactBytes;
    if (declared > most || (wrongLength && !Number.isNaN(declared))) {
      answer.body.on('error', () => undefined).destroy();
      return undefined;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      const piece = Buffer.from(chunk);
      size += piece.length;
      if (size > most) {
        answer.body.destroy();
        return undefined;
      }
      chunks.push(piece);
    }
    if (good && limits.exactBytes !== undefined && size !== limits.exactBytes) return undefined;
    return { status: answer.statusCode, body: Buffer.concat(chunks) };
  }

  async function pull(url: URL, sent: Uint8Array, limits: FetchLimits): Promise<Pulled | undefined> {
    const timeout = AbortSignal.timeout(limits.timeoutMs ?? timeFor(limits.maxBytes, 30_000));
    const signal = limits.signal === undefined ? timeout : AbortSignal.any([limits.signal, timeout]);
    const answer = await request(url, { method: 'POST', dispatcher, signal, body: Buffer.from(sent) });
    const begun = performance.now();
    let [bytes, ms] = [0, 0];
    try {
      for await (const chunk of answer.body) {
        bytes += (chunk as Buffer).length; // undici's bodies are of buffers
        ms = performance.now() - begun;
        if (bytes >= limits.maxBytes || answer.statusCode !== 200) break;
      }
    } catch {
      // What came until the time was over counts.
    }
    answer.body.on('error', () => undefined).destroy();
    return answer.statusCode === 200 && bytes > 0 ? { bytes, ms } : undefined;
  }

  async function ask(
    method: 'GET' | 'POST',
    baseUrl: string,
    target: string,
    sent: Uint8Array | undefined,
    limits: FetchLimits,
  ): Promise<PeerAnswer | undefined> {
    const url = urlOf(baseUrl, target);
    if (url === undefined || limits.signal?.aborted === true || limits.maxBytes < 0) return undefined;
    try {
      return await exchange(method, url, sent, limits);
    } catch (error) {
      log.debug({ url: url.origin, err: errorMessage(error) }, 'peer does not answer');
      return undefined;
    }
  }

  return {
    get: (baseUrl, target, limits) => ask('GET', baseUrl, target, undefined, limits),
    post: (baseUrl, target, body, limits) => ask('POST', baseUrl, target, body, limits),
    async pull(baseUrl, target, body, limits) {
      const url = urlOf(baseUrl, target);
      return url === undefined ? undefined : pull(url, body, limits).catch(() => undefined);
    },
    mayAsk: (baseUrl) => urlOf(baseUrl, '/') !== undefined,
    close: () => dispatcher.destroy(),
  };
}
