/** Bounds of one HTTP/2 connection beyond those of every connection (`FrontLimits`), each named after what it protects. */
export interface Http2Limits {
  /** Streams open at once; more are refused unread (REFUSED_STREAM). Bounds requests, and with them handlers. */
  readonly maxConcurrentStreams: number;
  /**
   * Requests handed over and not yet answered, those of streams that were reset meanwhile included: who
   * opens and resets (CVE-2023-44487) waits for our work all the same.
   */
  readonly maxHandedOver: number;
  /** Requests of a connection; then GOAWAY in good order. Spreads load over restarts and workers. */
  readonly maxRequests: number;
  /** Encoded bytes of one header block, all its frames together (CVE-2024-27316). Bounds memory and decoding. */
  readonly maxBlockBytes: number;
  /** CONTINUATION frames of one block, empty ones too (CVE-2024-27316). Bounds work that brings no bytes. */
  readonly maxContinuations: number;
  /** What the peer's encoder may have us keep (SETTINGS_HEADER_TABLE_SIZE). Bounds memory. */
  readonly headerTableBytes: number;
  /** Request body that one stream may send ahead of its reader. Bounds memory. */
  readonly streamWindowBytes: number;
  /** The same over all streams of the connection. Bounds memory. */
  readonly connectionWindowBytes: number;
  /**
   * Batches handed to the socket and not taken by the kernel before no more is framed. Bounds memory of slow
   * readers; and with one, the buffers that many connections share stay in the processor's cache.
   */
  readonly maxBatchesInFlight: number;
  /** What a connection may cost at once in frames that ask for nothing; see `FloodCost`. */
  readonly floodCapacity: number;
  /** Points that come back in a second. */
  readonly floodRefillPerSecond: number;
}

export const defaultHttp2Limits: Http2Limits = {
  maxConcurrentStreams: 100,
  maxHandedOver: 200,
  maxRequests: 1_000_000,
  maxBlockBytes: 32_768,
  maxContinuations: 16,
  headerTableBytes: 4_096,
  streamWindowBytes: 262_144,
  connectionWindowBytes: 1_048_576,
  maxBatchesInFlight: 1,
  floodCapacity: 1_000,
  floodRefillPerSecond: 100,
};

/**
 * What a frame costs that makes us work and asks for nothing. Browsers stay far below: leaving a page with a
 * hundred requests under way costs 400, a PING for every round trip 5.
 */
export const FloodCost = {
  /** RST_STREAM of a stream that was being answered (rapid reset, CVE-2023-44487). */
  reset: 4,
  /** RST_STREAM, PRIORITY or WINDOW_UPDATE of a closed stream, an unknown frame (CVE-2019-9513). */
  noise: 1,
  /** Each needs an acknowledgement (CVE-2019-9515), and may touch every stream. */
  settings: 20,
  /** Each needs an answer (CVE-2019-9512). */
  ping: 5,
  /** DATA or padding without a byte of body and without an end (CVE-2019-9518). */
  emptyData: 10,
  /** Window openings, of one byte at a time in the worst case (CVE-2019-9511, CVE-2019-9517). */
  windowUpdate: 1,
  /** A request that we refuse unread, a stream that we reset for its errors (CVE-2019-9514). */
  streamError: 10,
} as const;

/** What useful traffic earns back: a full DATA frame that we sent brings two window openings with it. */
export const FLOOD_EARNED_PER_DATA_FRAME = 3;
/** Frames below earn nothing: a window opened byte by byte pays for itself. */
export const FLOOD_EARNING_FRAME_BYTES = 1_024;
/** A request brings two window openings with it as well, however small its answer. */
export const FLOOD_EARNED_PER_REQUEST = 2;
