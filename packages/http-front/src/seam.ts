import type { Readable } from 'node:stream';
import type { FastHit } from './fast-hit.ts';
import type { RefusalReason } from './refusal.ts';
import type { UpgradeProtocol } from './upgrade.ts';

/**
 * The seam between a front and what it serves: a front reads a request, hands it over, and takes an answer,
 * whatever it speaks (HTTP/1, HTTP/2, HTTP/3) and wherever it runs. Nothing on either side knows more of the
 * other than these types.
 */

/** What every lane says about a request; always the front's own, one and strict. */
export interface RequestReading {
  readonly scheme: 'http' | 'https';
  /** Lower-case, no port, no trailing dot; IPv6 in brackets. */
  readonly host: string;
  /** Port named by Host or :authority, if any. */
  readonly port: number | undefined;
  readonly method: string;
  /** Raw path and query, latin1, never decoded or normalised. Begins with a single `/`. */
  readonly target: string;
  /** Length of the path within `target`. */
  readonly pathEnd: number;
  /** Joined values of a field, by lower-case name. */
  header(lowerName: string): string | undefined;
}

/**
 * A plain request: GET or HEAD, not HTTP/1.0, no body, no Range, no precondition, no Authorization, no
 * Expect or Upgrade, no field named by Connection. Valid only during the call of `fast`: do not keep it.
 */
export interface FastRequest extends RequestReading {
  /** When its last bytes came, by the front's clock, Unix milliseconds. */
  readonly nowMs: number;
}

/** A request as it is handed over. */
export interface ParsedRequest extends RequestReading {
  /** As above; may be passed on as it is. */
  readonly header: (lowerName: string) => string | undefined;
  readonly httpVersion: '1.0' | '1.1' | '2' | '3';
  /** Name, value, name, value… as sent; `host` stands for `:authority`, other pseudo-fields are not among them. */
  readonly rawHeaders: readonly string[];
  readonly hasBody: boolean;
  /** The body, decoded from its framing; ends at once when there is none. Errors when the viewer leaves midway. */
  readonly body: Readable;
  /**
   * The protocol that the viewer asks to go on in, over HTTP/2 by extended CONNECT (RFC 8441), whose method is GET here.
   * After an answer with 101 `body` is all that the viewer sends from then on, and the answer's body all that it gets,
   * either without any framing. `hasBody` is false.
   */
  readonly upgrade: UpgradeProtocol | undefined;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** SNI of the TLS connection, lower-case. */
  readonly serverName: string | undefined;
  /** Aborted when the viewer goes away before the answer is complete. */
  readonly signal: AbortSignal;
  /** Sends an interim answer (1xx but 101) before the final one; does nothing where the viewer cannot take it. */
  interim(status: number, headers: readonly string[]): void;
}

export type AnswerBody = Buffer | AsyncIterable<Uint8Array>;

/** What a front takes for a request. */
export interface Answer<Token> {
  /** 101, where `upgrade` was asked for, switches the connection or stream to it. */
  readonly status: number;
  /** HTTP/1 only. */
  readonly statusText: string;
  /**
   * Name, value, …, end-to-end fields only: neither Connection, Content-Length nor Transfer-Encoding, which
   * the front writes itself, as it adds Date where there is none.
   */
  readonly headers: readonly string[];
  /** What Content-Length says, also beside a HEAD or 304 without a body; undefined: not known beforehand. */
  readonly contentLength: number | undefined;
  /**
   * Taken at the viewer's pace. When it throws, or ends short of `contentLength`, the response is cut so
   * that nobody takes a part for the whole. `return()` is called when the viewer leaves, and for HEAD, 204
   * and 304, which carry none.
   */
  readonly body: AnswerBody | undefined;
  /** Who pays for these bytes, interim answers included; undefined: nobody. */
  readonly token: Token | undefined;
  /** Called exactly once, when the last byte has left or can no longer leave. Must not throw. */
  ended?(end: AnswerEnd): void;
}

export interface AnswerEnd {
  /** Whether the viewer was sent all of it. */
  readonly complete: boolean;
  /** Bytes that left, head and interim answers included; what `onWritten` was told of this answer. */
  readonly bytes: number;
  /** What the body threw. */
  readonly error?: unknown;
}

export interface FrontHandlers<Token> {
  /** Synchronous and quick. `undefined` hands the request over to `answer`. */
  fast?(request: FastRequest): FastHit<Token> | undefined;
  /** The same for requests that would be plain but for Range and conditions. */
  selective?(request: FastRequest): FastHit<Token> | undefined;
  /** All else. A rejection is answered with 500 and logged. */
  answer(request: ParsedRequest): Promise<Answer<Token>>;
  /**
   * Bytes that left the process: each write counts once the kernel has taken it whole (over TLS: the
   * plaintext of a write whose records the kernel has taken). What a connection still had queued when it
   * was cut never counts. Called many times for a long response. No token: refusals, answers that nobody
   * pays for, and HTTP/2's frames of the connection. Head: status line, fields and what frames them, in
   * HTTP/2 also the nine bytes before every DATA; body: the rest, in HTTP/1 chunk framing included.
   */
  onWritten?(token: Token | undefined, headBytes: number, bodyBytes: number): void;
  onRefused?(reason: RefusalReason, status: number): void;
}
