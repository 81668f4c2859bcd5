import type { Readable } from 'node:stream';

/** What an origin's head says, the fields of the connection apart. */
export interface OriginHead {
  /** Name, value, …; fields of the connection taken out, the rest as sent. */
  readonly rawHeaders: readonly string[];
  /** How the body's end is known. A body that ends with its connection is never known to be whole. */
  readonly framing: 'length' | 'chunked' | 'none' | 'close';
  /** Content-Length, where it was sent. */
  readonly contentLength: number | undefined;
}

export interface OriginResponse extends OriginHead {
  readonly status: number;
  readonly statusText: string;
  /**
   * Ends only when the whole body has come. A body that is cut short, resets or stays silent ends with
   * an error, never with an end.
   */
  readonly body: Readable;
  /** Whether another edge said it, in the origin's place. */
  readonly sibling?: boolean;
}
