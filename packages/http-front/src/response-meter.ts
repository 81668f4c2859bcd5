/**
 * Splits the bytes of one response into head and body as they pass: interim responses (1xx) and the
 * final head count as head, chunk framing and trailers as body.
 */
export interface ResponseMeter {
  /** Takes the next bytes; returns how many of them belong to a head. */
  headBytesIn(chunk: Buffer): number;
}

const CR = 0x0d;
const LF = 0x0a;

export function createResponseMeter(): ResponseMeter {
  let inBody = false;
  let statusStart = '';
  let matched = 0;

  return {
    headBytesIn(chunk) {
      if (inBody) return 0;
      for (let i = 0; i < chunk.length; i += 1) {
        const byte = chunk[i] ?? 0;
        if (statusStart.length < 10) statusStart += String.fromCharCode(byte);
        if (byte === CR) matched = matched === 2 ? 3 : 1;
        else if (byte === LF && matched === 1) matched = 2;
        else if (byte === LF && matched === 3) {
          matched = 0;
          if (!statusStart.startsWith('HTTP/1.1 1')) {
            inBody = true;
            return i + 1;
          }
          statusStart = '';
        } else matched = 0;
      }
      return chunk.length;
    },
  };
}
