/** Where a chunked body ends (RFC 9112 §7.1), read strictly: CRLF only, plain hex sizes, bounded lines. */
export interface ChunkedScanner {
  /**
   * Takes the next bytes and gives on what is data among them. Returns how many belong to this body;
   * `done` when its end is among them, `bad` when the framing is not one that every reader would read alike.
   */
  scan(
    bytes: Buffer,
    onData?: (data: Buffer) => void,
  ): { readonly kind: 'more' | 'done' | 'bad'; readonly used: number };
}

const MAX_SIZE_DIGITS = 12;
const MAX_LINE_BYTES = 4_096;
const MAX_TRAILER_BYTES = 8_192;

type State =
  | 'size'
  | 'extension'
  | 'size-lf'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'trailer-start'
  | 'trailer'
  | 'trailer-lf'
  | 'end-lf';

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

export function createChunkedScanner(): ChunkedScanner {
  let state: State = 'size';
  let size = 0;
  let digits = 0;
  let lineBytes = 0;
  let trailerBytes = 0;

  /** One byte outside chunk data. */
  function step(byte: number): 'more' | 'done' | 'bad' {
    switch (state) {
      case 'size': {
        const value = hexValue(byte);
        if (value >= 0) {
          digits += 1;
          size = size * 16 + value;
          return digits > MAX_SIZE_DIGITS ? 'bad' : 'more';
        }
        if (digits === 0) return 'bad';
        if (byte === 0x0d) state = 'size-lf';
        else if (byte === 0x3b) state = 'extension';
        else return 'bad';
        lineBytes = 0;
        return 'more';
      }
      case 'extension':
        lineBytes += 1;
        if (byte === 0x0d) state = 'size-lf';
        else if (lineBytes > MAX_LINE_BYTES || (byte < 0x20 && byte !== 0x09) || byte === 0x7f) return 'bad';
        return 'more';
      case 'size-lf':
        if (byte !== 0x0a) return 'bad';
        state = size === 0 ? 'trailer-start' : 'data';
        return 'more';
      case 'data-cr':
        if (byte !== 0x0d) return 'bad';
        state = 'data-lf';
        return 'more';
      case 'data-lf':
        if (byte !== 0x0a) return 'bad';
        state = 'size';
        size = 0;
        digits = 0;
        return 'more';
      case 'trailer-start':
        trailerBytes += 1;
        if (byte === 0x0d) state = 'end-lf';
        else if (byte === 0x20 || byte === 0x09 || byte < 0x20) return 'bad';
        else state = 'trailer';
        return 'more';
      case 'trailer':
        trailerBytes += 1;
        if (byte === 0x0d) state = 'trailer-lf';
        else if (trailerBytes > MAX_TRAILER_BYTES || (byte < 0x20 && byte !== 0x09) || byte === 0x7f)
          return 'bad';
        return 'more';
      case 'trailer-lf':
        if (byte !== 0x0a) return 'bad';
        state = 'trailer-start';
        return 'more';
      case 'end-lf':
        return byte === 0x0a ? 'done' : 'bad';
      case 'data':
        return 'more';
      default:
        return state satisfies never;
    }
  }

  return {
    scan(bytes, onData) {
      let at = 0;
      while (at < bytes.length) {
        if (state === 'data') {
          const take = Math.min(size, bytes.length - at);
          size -= take;
          onData?.(bytes.subarray(at, at + take));
          at += take;
          if (size === 0) state = 'data-cr';
          continue;
        }
        const result = step(bytes[at] ?? 0);
        at += 1;
        if (result !== 'more') return { kind: result, used: at };
      }
      return { kind: 'more', used: at };
    },
  };
}
