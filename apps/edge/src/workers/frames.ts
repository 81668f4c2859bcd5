import type { UpgradeProtocol } from '@media-network/http-front';

/**
 * What a front in another process and the edge say to each other over a local socket, one request at a time:
 * `length u32 ‖ type u8 ‖ payload`, little-endian. Both ends are of one version: they are started together.
 */
export const Frame = {
  /** JSON: `RequestHead`. */
  request: 1,
  /** Bytes of a body, of whichever side. */
  body: 2,
  /** The body is whole. */
  bodyEnd: 3,
  /** JSON: `Failure`. The body breaks off. */
  bodyFailed: 4,
  /** u32: so many bytes more of the request's body, or of what was switched to, are wanted. */
  wantBody: 5,
  /** The viewer has left before there was an answer. */
  gone: 6,
  /** JSON: status and fields. */
  interim: 7,
  /** JSON: `AnswerHead`. */
  answer: 8,
  /** u32 ‖ u32: bytes of head and of body that have left to the viewer. */
  left: 9,
  /** JSON: `AnswerEnd` with its error as a `Failure`. The last frame of an exchange from the front's side. */
  ended: 10,
  /** The rest of the answer's body is not wanted. */
  unwanted: 11,
  /** The connection is not for exchanges: an earlier generation says what it still has to say. */
  lateBegins: 20,
  /** JSON: `LateMessage`, `LateAnswer`. */
  late: 21,
} as const;

export interface RequestHead {
  readonly scheme: 'http' | 'https';
  readonly method: string;
  readonly httpVersion: '1.0' | '1.1' | '2' | '3';
  readonly host: string;
  readonly port?: number;
  readonly target: string;
  readonly pathEnd: number;
  readonly rawHeaders: readonly string[];
  readonly hasBody: boolean;
  readonly upgrade?: UpgradeProtocol;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly serverName?: string;
  /** Number of the worker that asks; absent where it is no worker of the asked one. */
  readonly worker?: number;
  /** Whether it could have answered by itself, had it had the object. */
  readonly missed: boolean;
}

export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly string[];
  readonly contentLength?: number;
  readonly hasBody: boolean;
}

/** An error on its way to the other process. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

const HEAD_BYTES = 5;
/** A head of a request has 16 KiB at most, what an origin says in one 64; more is not of our making. */
const MAX_FRAME_BYTES = 16 * 2 ** 20;

export function frame(type: number, payload: Uint8Array = EMPTY): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  bytes.writeUInt32LE(payload.length, 0);
  bytes[4] = type;
  bytes.set(payload, HEAD_BYTES);
  return bytes;
}

export function jsonFrame(type: number, value: object): Buffer {
  return frame(type, Buffer.from(JSON.stringify(value)));
}

/** What stands before a body that is written by itself. */
export function bodyFrameHead(bytes: number): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt32LE(bytes, 0);
  head[4] = Frame.body;
  return head;
}

export function leftFrame(headBytes: number, bodyBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + 8);
  bytes.writeUInt32LE(8, 0);
  bytes[4] = Frame.left;
  bytes.writeUInt32LE(headBytes, 5);
  bytes.writeUInt32LE(bodyBytes, 9);
  return bytes;
}

export function numberFrame(type: number, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + 4);
  bytes.writeUInt32LE(4, 0);
  bytes[4] = type;
  bytes.writeUInt32LE(value, HEAD_BYTES);
  return bytes;
}

const EMPTY = Buffer.alloc(0);

/** Bodies come in the pieces in which they arrive; all other frames whole. */
export interface FrameTaker {
  onBody(piece: Buffer): void;
  onFrame(type: number, payload: Buffer): void;
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #rest: Buffer = EMPTY;
  /** Bytes of a body frame that are still to come. */
  #bodyLeft = 0;

  /** @throws where what comes is no frame of ours. */
  feed(chunk: Buffer, taker: FrameTaker): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = EMPTY;
    for (;;) {
      if (this.#bodyLeft > 0) {
        if (bytes.length === 0) return;
        const piece = bytes.subarray(0, this.#bodyLeft);
        this.#bodyLeft -= piece.length;
        bytes = bytes.subarray(piece.length);
        taker.onBody(piece);
        continue;
      }
      if (bytes.length < HEAD_BYTES) break;
      const length = bytes.readUInt32LE(0);
      const type = bytes[4] ?? 0;
      if (type === Frame.body) {
        this.#bodyLeft = length;
        bytes = bytes.subarray(HEAD_BYTES);
        continue;
      }
      if (length > MAX_FRAME_BYTES) throw new Error(`a frame of ${length} bytes`);
      if (bytes.length < HEAD_BYTES + length) break;
      const payload = bytes.subarray(HEAD_BYTES, HEAD_BYTES + length);
      bytes = bytes.subarray(HEAD_BYTES + length);
      taker.onFrame(type, payload);
    }
    this.#rest = bytes;
  }
}

/** What a frame of ours says; its other end is this program, so it is what the type of the frame says. */
export function jsonOf(payload: Buffer): unknown {
  return JSON.parse(payload.toString());
}
