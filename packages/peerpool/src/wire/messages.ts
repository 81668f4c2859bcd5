/**
 * What peers say to each other over a data channel: binary, one message each, bounded, with a version in front.
 * Byte 0 is the version (high four bits) and the kind (low four bits); numbers are big-endian.
 */
export const WIRE_VERSION = 1;
/** Bytes of the name of a segment. */
export const ID_BYTES = 16;
/** Bytes of a segment's SHA-256 by which a request says which version of it is meant. */
export const PREFIX_BYTES = 8;
/** A chunk is what one hash is about, and what is asked for. */
export const CHUNK_BYTES: number = 64 * 1024;
/** Of a chunk in one message: every browser takes that, and no message keeps others waiting for long. */
export const PIECE_BYTES: number = 16 * 1024;
/** Names in one message. */
export const MAX_IDS = 512;
/** Chunks of one request: 4 MiB. */
export const MAX_CHUNKS_ASKED = 64;
/** Longest message that is read. */
export const MAX_MESSAGE_BYTES: number = PIECE_BYTES + 16;

/** Why a request is not answered. */
export type Refusal = 'busy' | 'gone' | 'other-version' | 'off';
const REFUSALS: readonly Refusal[] = ['busy', 'gone', 'other-version', 'off'];

/** Names of segments are 32 lower-case hex digits. */
export type Message =
  | { readonly kind: 'have' | 'lost'; readonly ids: readonly string[] }
  /** The sender is getting it from the edge. */
  | { readonly kind: 'fetching'; readonly id: string }
  | {
      readonly kind: 'request';
      readonly request: number;
      readonly id: string;
      /** First bytes of its SHA-256, hex. */
      readonly prefix: string;
      readonly firstChunk: number;
      readonly chunks: number;
    }
  | {
      readonly kind: 'piece';
      readonly request: number;
      readonly chunk: number;
      /** Within the chunk. */
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'refuse'; readonly request: number; readonly why: Refusal }
  | { readonly kind: 'cancel'; readonly request: number }
  /** Whether the sender answers others at all for now: who does not is not waited for. */
  | { readonly kind: 'gives'; readonly any: boolean };

const KINDS = ['have', 'lost', 'fetching', 'request', 'piece', 'refuse', 'cancel', 'gives'] as const;

/** As many bytes as a message is encoded into are what it costs. */
export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  const head = (bytes: number): { readonly out: Uint8Array<ArrayBuffer>; readonly view: DataView } => {
    const out = new Uint8Array(bytes);
    out[0] = (WIRE_VERSION << 4) | KINDS.indexOf(message.kind);
    return { out, view: new DataView(out.buffer) };
  };
  switch (message.kind) {
    case 'have':
    case 'lost': {
      const { out } = head(1 + ID_BYTES * message.ids.length);
      for (const [i, id] of message.ids.entries()) putHex(out, 1 + ID_BYTES * i, id);
      return out;
    }
    case 'fetching': {
      const { out } = head(1 + ID_BYTES);
      putHex(out, 1, message.id);
      return out;
    }
    case 'request': {
      const { out, view } = head(9 + ID_BYTES + PREFIX_BYTES);
      view.setUint32(1, message.request);
      view.setUint16(5, message.firstChunk);
      view.setUint16(7, message.chunks);
      putHex(out, 9, message.id);
      putHex(out, 9 + ID_BYTES, message.prefix);
      return out;
    }
    case 'piece': {
      const { out, view } = head(11 + message.bytes.length);
      view.setUint32(1, message.request);
      view.setUint16(5, message.chunk);
      view.setUint32(7, message.offset);
      out.set(message.bytes, 11);
      return out;
    }
    case 'refuse': {
      const { out, view } = head(6);
      view.setUint32(1, message.request);
      out[5] = REFUSALS.indexOf(message.why);
      return out;
    }
    case 'cancel': {
      const { view, out } = head(5);
      view.setUint32(1, message.request);
      return out;
    }
    case 'gives': {
      const { out } = head(2);
      out[1] = message.any ? 1 : 0;
      return out;
    }
    default:
      return message satisfies never;
  }
}

/** Undefined for what is no message of this version, to the last byte: its sender is cut. */
export function decodeMessage(data: ArrayBuffer): Message | undefined {
  const bytes = new Uint8Array(data);
  if (bytes.length < 2 || bytes.length > MAX_MESSAGE_BYTES) return undefined;
  const first = bytes[0] ?? 0;
  if (first >> 4 !== WIRE_VERSION) return undefined;
  const kind = KINDS[first & 15];
  const view = new DataView(data);
  const { length } = bytes;
  switch (kind) {
    case 'have':
    case 'lost': {
      const count = (length - 1) / ID_BYTES;
      if (!Number.isInteger(count) || count > MAX_IDS) return undefined;
      return { kind, ids: Array.from({ length: count }, (_, i) => hexAt(bytes, 1 + ID_BYTES * i, ID_BYTES)) };
    }
    case 'fetching':
      return length === 1 + ID_BYTES ? { kind, id: hexAt(bytes, 1, ID_BYTES) } : undefined;
    case 'request': {
      if (length !== 9 + ID_BYTES + PREFIX_BYTES) return undefined;
      const chunks = view.getUint16(7);
      if (chunks === 0 || chunks > MAX_CHUNKS_ASKED) return undefined;
      return {
        kind,
        request: view.getUint32(1),
        firstChunk: view.getUint16(5),
        chunks,
        id: hexAt(bytes, 9, ID_BYTES),
        prefix: hexAt(bytes, 9 + ID_BYTES, PREFIX_BYTES),
      };
    }
    case 'piece': {
      const offset = length < 12 ? CHUNK_BYTES : view.getUint32(7);
      if (offset >= CHUNK_BYTES || length - 11 > PIECE_BYTES) return undefined;
      return {
        kind,
        request: view.getUint32(1),
        chunk: view.getUint16(5),
        offset,
        bytes: bytes.subarray(11),
      };
    }
    case 'refuse': {
      const why = length === 6 ? REFUSALS[bytes[5] ?? 255] : undefined;
      return why === undefined ? undefined : { kind, request: view.getUint32(1), why };
    }
    case 'cancel':
      return length === 5 ? { kind, request: view.getUint32(1) } : undefined;
    case 'gives':
      return length === 2 && (bytes[1] ?? 2) <= 1 ? { kind, any: bytes[1] === 1 } : undefined;
    case undefined:
      return undefined;
    default:
      return kind satisfies never;
  }
}

function putHex(out: Uint8Array, at: number, hex: string): void {
  for (let i = 0; i < hex.length / 2; i += 1) out[at + i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
}

function hexAt(bytes: Uint8Array, at: number, length: number): string {
  let hex = '';
  for (let i = at; i < at + length; i += 1) hex += (bytes[i] ?? 0).toString(16).padStart(2, '0');
  return hex;
}
