import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastHit } from './fast-hit.ts';
import type { RefusalReason } from './refusal.ts';

/** What both lanes say about a request; always the front's own reading, never the platform's. */
interface RequestReading {
  readonly scheme: 'http' | 'https';
  /** Lower-case, no port, no trailing dot; IPv6 in brackets. */
  readonly host: string;
  /** Port named by Host, if any. */
  readonly port: number | undefined;
  /** Raw path and query, latin1, never decoded or normalised. Begins with a single `/`. */
  readonly target: string;
  /** Length of the path within `target`. */
  readonly pathEnd: number;
  /** Joined values of a field, by lower-case name. */
  header(lowerName: string): string | undefined;
}

/**
 * A plain request: GET or HEAD, HTTP/1.1, origin-form, no body, no Range, no precondition, no
 * Authorization, no Expect or Upgrade. Valid only during the call of `fast`: do not keep it.
 */
export interface FastRequest extends RequestReading {
  readonly method: string;
}

export interface StrictRequest<Token> extends RequestReading {
  /** As above; may be passed on as it is. */
  readonly header: (lowerName: string) => string | undefined;
  readonly method: string;
  readonly httpVersion: '1.0' | '1.1';
  /** Name, value, name, value… as sent. */
  readonly rawHeaders: readonly string[];
  /** The body, decoded from its framing; ends at once when there is none. */
  readonly body: IncomingMessage;
  readonly hasBody: boolean;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** SNI of the TLS connection, lower-case. */
  readonly serverName: string | undefined;
  /** Aborted when the viewer goes away before the response is complete. */
  readonly signal: AbortSignal;
  /** Bytes of this response that left the process so far. */
  readonly bytesWritten: number;
  /** Names who pays for the bytes of this response, those already written included. Last call wins for what follows. */
  account(token: Token): void;
}

export interface FrontHandlers<Token> {
  /** Synchronous and quick. `undefined` sends the request through the slow lane. */
  fast?(request: FastRequest): FastHit<Token> | undefined;
  slow(request: StrictRequest<Token>, response: ServerResponse): void | Promise<void>;
  /**
   * Bytes that left the process: each write counts once the kernel has taken it whole (over TLS: the
   * plaintext of a write whose records the kernel has taken). What a connection still had queued when it
   * was cut never counts. Called many times for a long response. No token: refusals and responses whose
   * handler named nobody.
   */
  onWritten?(token: Token | undefined, headBytes: number, bodyBytes: number): void;
  onRefused?(reason: RefusalReason, status: number): void;
}
