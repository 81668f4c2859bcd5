/** Frame types of RFC 9113 §6. */
export const DATA = 0x0;
export const HEADERS = 0x1;
export const PRIORITY = 0x2;
export const RST_STREAM = 0x3;
export const SETTINGS = 0x4;
export const PUSH_PROMISE = 0x5;
export const PING = 0x6;
export const GOAWAY = 0x7;
export const WINDOW_UPDATE = 0x8;
export const CONTINUATION = 0x9;
/** RFC 9218 §7.1. */
export const PRIORITY_UPDATE = 0x10;

/** Flags; what a bit means depends on the type. */
export const ACK = 0x1;
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const HAS_PRIORITY = 0x20;

/** Settings of RFC 9113 §6.5.2. */
export const SETTING_HEADER_TABLE_SIZE = 0x1;
export const SETTING_ENABLE_PUSH = 0x2;
export const SETTING_MAX_CONCURRENT_STREAMS = 0x3;
export const SETTING_INITIAL_WINDOW_SIZE = 0x4;
export const SETTING_MAX_FRAME_SIZE = 0x5;
export const SETTING_MAX_HEADER_LIST_SIZE = 0x6;
/** RFC 8441 §3: CONNECT may name a protocol. */
export const SETTING_ENABLE_CONNECT_PROTOCOL = 0x8;
/** RFC 9218 §2.1: priorities of RFC 7540 need not be sent. */
export const SETTING_NO_RFC7540_PRIORITIES = 0x9;

/** Error codes of RFC 9113 §7. */
export const ErrorCode = {
  noError: 0x0,
  protocol: 0x1,
  internal: 0x2,
  flowControl: 0x3,
  settingsTimeout: 0x4,
  streamClosed: 0x5,
  frameSize: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compression: 0x9,
  connect: 0xa,
  enhanceYourCalm: 0xb,
  inadequateSecurity: 0xc,
  http11Required: 0xd,
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

export const FRAME_HEADER_BYTES = 9;
/** What every endpoint takes and neither of us has to announce (§4.2). */
export const DEFAULT_MAX_FRAME_BYTES = 16_384;
export const LARGEST_MAX_FRAME_BYTES = 16_777_215;
/** Largest window, increment and stream identifier (§5.1.1, §6.9.1). */
export const LARGEST_31_BITS = 0x7fff_ffff;
export const DEFAULT_WINDOW_BYTES = 65_535;
/** Pad, exclusive bit, dependency and weight have no meaning any more; they are checked and dropped (§5.3.2). */
export const PRIORITY_BYTES = 5;

/** What a client sends first (§3.4). */
export const CLIENT_PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export function writeFrameHeader(
  target: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  target[at] = length >>> 16;
  target[at + 1] = length >>> 8;
  target[at + 2] = length;
  target[at + 3] = type;
  target[at + 4] = flags;
  writeUint32(target, at + 5, streamId);
}

export function writeUint32(target: Buffer, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

/** Unsigned; the caller masks what is reserved. */
export function readUint32(source: Buffer, at: number): number {
  return (
    ((source[at] ?? 0) * 0x100_0000 +
      (((source[at + 1] ?? 0) << 16) | ((source[at + 2] ?? 0) << 8) | (source[at + 3] ?? 0))) >>>
    0
  );
}

/** 31 bits, the reserved bit ignored (§4.1, §6.9). */
export function read31(source: Buffer, at: number): number {
  return (
    (((source[at] ?? 0) & 0x7f) << 24) |
    ((source[at + 1] ?? 0) << 16) |
    ((source[at + 2] ?? 0) << 8) |
    (source[at + 3] ?? 0)
  );
}
