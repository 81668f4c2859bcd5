import { MediaError } from '@media-network/runtime';

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** In the order received, names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What a step of reading found. */
export interface ResponseEvents {
  readonly onHead: (head: ResponseHead) => void;
  readonly onBody: (chunk: Buffer) => void;
}

/** How the end of the body shows itself (RFC 9112 §6.3). */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

/** Reads one HTTP/1.1 response, interim ones before it included, out of chunks as they arrive. */
export interface ResponseReader {
  /** Throws `viewer/malformed`. Returns true once the response is complete; bytes after that are malformed too. */
  push(chunk: Buffer): boolean;
  /** The connection ended. Throws `viewer/incomplete` unless the response was complete or ends with the connection. */
  end(): void;
  readonly framing: Framing | undefined;
}

const MAX_HEAD = 65_536;
const malformed = (what: string): MediaError =>
  new MediaError({
    code: 'viewer/malformed',
    message: `The response is not HTTP/1.1: ${what}.`,
    source: 'peer',
  });

function parseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split('\r\n');
  const match = /^HTTP\/1\.[01] ([1-5]\d\d)(?: (.*))?$/.exec(first);
  if (match === null) throw malformed(`status line "${first.slice(0, 80)}"`);
  const headers = lines.map((line): readonly [string, string] => {
    const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (field === null) throw malformed(`header line "${line.slice(0, 80)}"`);
    return [(field[1] ?? '').toLowerCase(), field[2] ?? ''];
  });
  return { status: Number(match[1]), reason: match[2] ?? '', headers };
}

export function headerValue(head: ResponseHead, name: string): string | undefined {
  const values = head.headers.filter(([key]) => key === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

function framingOf(
  head: ResponseHead,
  method: string,
): { readonly framing: Framing; readonly length: number } {
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return { framing: 'none', length: 0 };
  const coding = headerValue(head, 'transfer-encoding');
  const length = headerValue(head, 'content-length');
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked' || length !== undefined) throw malformed('ambiguous framing');
    return { framing: 'chunked', length: 0 };
  }
  if (length === undefined) return { framing: 'close', length: 0 };
  if (!/^\d{1,15}$/.test(length)) throw malformed(`Content-Length "${length}"`);
  return { framing: 'length', length: Number(length) };
}

export function createResponseReader(method: string, events: ResponseEvents): ResponseReader {
  type State = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'close' | 'done';
  let state: State = 'head';
  let framing: Framing | undefined;
  let left = 0;
  let pending: Buffer = Buffer.alloc(0);

  /** A line out of `pending`; undefined until it is whole. */
  function line(): string | undefined {
    const at = pending.indexOf('\r\n');
    if (at < 0) {
      if (pending.length > MAX_HEAD) throw malformed('a line without end');
      return undefined;
    }
    const text = pending.toString('latin1', 0, at);
    pending = pending.subarray(at + 2);
    return text;
  }

  function body(): boolean {
    const take = pending.subarray(0, left);
    if (take.length === 0) return false;
    pending = pending.subarray(take.length);
    left -= take.length;
    events.onBody(take);
    return true;
  }

  function head(): boolean {
    const at = pending.indexOf('\r\n\r\n');
    if (at < 0) {
      if (pending.length > MAX_HEAD) throw malformed('a head without end');
      return false;
    }
    const parsed = parseHead(pending.toString('latin1', 0, at));
    pending = pending.subarray(at + 4);
    if (parsed.status < 200) return true;
    const found = framingOf(parsed, method);
    framing = found.framing;
    left = found.length;
    events.onHead(parsed);
    state =
      framing === 'chunked' ? 'chunk-size' : framing === 'close' ? 'close' : left === 0 ? 'done' : 'length';
    return true;
  }

  function chunkSize(): boolean {
    const text = line();
    if (text === undefined) return false;
    const size = /^([0-9a-fA-F]{1,12})(?:[ \t]*;.*)?$/.exec(text)?.[1];
    if (size === undefined) throw malformed(`chunk size "${text.slice(0, 40)}"`);
    left = Number.parseInt(size, 16);
    state = left === 0 ? 'trailers' : 'chunk-data';
    return true;
  }

  /** One step; false when more bytes are needed. */
  function step(): boolean {
    switch (state) {
      case 'head':
        return head();
      case 'length': {
        const moved = body();
        if (left === 0) state = 'done';
        return moved;
      }
      case 'chunk-size':
        return chunkSize();
      case 'chunk-data': {
        const moved = body();
        if (left === 0) state = 'chunk-end';
        return moved;
      }
      case 'chunk-end': {
        const text = line();
        if (text === undefined) return false;
        if (text !== '') throw malformed('a chunk longer than its size');
        state = 'chunk-size';
        return true;
      }
      case 'trailers': {
        const text = line();
        if (text === '') state = 'done';
        return text !== undefined;
      }
      case 'close':
        left = pending.length;
        return body();
      case 'done':
        break;
    }
    if (pending.length > 0) throw malformed('bytes after the response');
    return false;
  }

  return {
    get framing() {
      return framing;
    },
    push(chunk) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (step());
      return state === 'done';
    },
    end() {
      if (state === 'done' || state === 'close') return;
      throw new MediaError({
        code: 'viewer/incomplete',
        message: 'The connection ended before the response was complete.',
        source: 'peer',
        retry: true,
        context: { state, missing: left },
      });
    },
  };
}
