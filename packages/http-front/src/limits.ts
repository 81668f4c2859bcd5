/** Every bound of the front, each named after what it protects. Milliseconds and bytes. */
export interface FrontLimits {
  /** Request line; longer is 414. Protects the parser and everything keyed by the target. */
  readonly maxRequestLineBytes: number;
  /** Whole head, request line included; longer is 431. Protects memory per connection. */
  readonly maxHeadBytes: number;
  /** Header lines of one request; more is 431. Protects the lookups over them. */
  readonly maxHeaders: number;
  /** First byte of a head (or accept) to its end; later is 408. Protects against slowloris. */
  readonly headTimeoutMs: number;
  /** Silence between requests of a connection. Protects descriptors. */
  readonly idleTimeoutMs: number;
  /** Silence inside a request body. Protects origin requests from held-open uploads. */
  readonly bodyTimeoutMs: number;
  /**
   * Silence of an answer to a viewer that has ended its side. Protects streams of origins from viewers that are gone:
   * whether it still reads shows only when something is written.
   */
  readonly halfClosedTimeoutMs: number;
  /** Output waiting with no slice flushed. Protects memory from readers that stopped reading. */
  readonly writeTimeoutMs: number;
  /** TLS handshake. Protects against half-open handshakes. */
  readonly handshakeTimeoutMs: number;
  /** How long a connection that we have ended may keep sending before it is destroyed. */
  readonly lingerMs: number;
  /** Open connections per listener; more are dropped on accept. Protects descriptors. */
  readonly maxConnections: number;
  /** Requests on one connection; the last one is answered with `Connection: close`. Spreads load. */
  readonly maxRequestsPerConnection: number;
  /** Unread request body that is drained after the response so that the connection may live on. */
  readonly maxDrainBytes: number;
  /** Output waiting on one connection before its next pipelined request is read. Bounds memory. */
  readonly maxQueuedOutputBytes: number;
  /** Input waiting on one connection (pipelined requests, body) before reading stops. Bounds memory. */
  readonly maxQueuedInputBytes: number;
  /** Single write of a body, without TLS to begin with; the unit in which bytes are counted as flushed. */
  readonly writeSliceBytes: number;
  /** What a slow reader gets at once, and over TLS everybody to begin with: there it is held until it has left. */
  readonly minWriteSliceBytes: number;
  /** What a fast reader gets at once. */
  readonly maxWriteSliceBytes: number;
  /** Of slices above `writeSliceBytes` under way on all TLS connections: bounds what readers hold that were fast and then stop. */
  readonly maxLargeSlicesBytes: number;
}

export const defaultLimits: FrontLimits = {
  maxRequestLineBytes: 8_192,
  maxHeadBytes: 16_384,
  maxHeaders: 100,
  headTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  bodyTimeoutMs: 30_000,
  halfClosedTimeoutMs: 30_000,
  writeTimeoutMs: 60_000,
  handshakeTimeoutMs: 10_000,
  lingerMs: 2_000,
  maxConnections: 10_000,
  maxRequestsPerConnection: 10_000,
  maxDrainBytes: 65_536,
  maxQueuedOutputBytes: 65_536,
  maxQueuedInputBytes: 65_536,
  writeSliceBytes: 262_144,
  minWriteSliceBytes: 65_536,
  maxWriteSliceBytes: 1_048_576,
  maxLargeSlicesBytes: 67_108_864,
};
