import { Duplex } from 'node:stream';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The connection as the platform's server calls back into it. */
export interface BridgeConnection {
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  onParserError(): void;
  onUnknownExpectation(): void;
}

/** What the bridge needs of the connection that owns the real socket. */
export interface BridgeOwner {
  /** The platform's server wants more request bytes. */
  wantInput(): void;
  /** Writes to the real socket; `done` once the kernel took the bytes or they are lost. */
  writeOutput(chunk: Buffer, done: (error?: Error | null) => void): void;
  /** The platform's server ended the connection in order. */
  endOutput(): void;
  /** The platform's server (or a handler) destroyed the connection. */
  cut(): void;
}

/**
 * The socket as the platform's HTTP server sees it. The front feeds it one whole request at a time, so
 * pipelined requests can neither overtake nor smear into each other's accounts, and the connection
 * comes back to the fast lane afterwards.
 */
export class Bridge extends Duplex {
  readonly connection: BridgeConnection;
  readonly #owner: BridgeOwner;

  constructor(connection: BridgeConnection, owner: BridgeOwner) {
    super({ allowHalfOpen: true, decodeStrings: true });
    this.connection = connection;
    this.#owner = owner;
  }

  override _read(): void {
    this.#owner.wantInput();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#owner.writeOutput(chunk, callback);
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    callback: (error?: Error | null) => void,
  ): void {
    let left = chunks.length;
    let failed: Error | null = null;
    const done = (error?: Error | null): void => {
      failed ??= error ?? null;
      left -= 1;
      if (left === 0) callback(failed);
    };
    for (const { chunk } of chunks) this.#owner.writeOutput(chunk, done);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#owner.endOutput();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#owner.cut();
    callback(error);
  }
}
