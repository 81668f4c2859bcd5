import type { Duplex } from 'node:stream';

/** A frame as it came, or the end of the connection. */
export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export type Fields = readonly (readonly [string, string])[];

export const T = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
} as const;
export const F = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;
export const E = {
  no: 0,
  protocol: 1,
  internal: 2,
  flow: 3,
  closed: 5,
  size: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  calm: 11,
} as const;
export const S = { tableSize: 1, push: 2, streams: 3, window: 4, frame: 5, headerList: 6 } as const;
export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export function frame(type: number, flags: number, id: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

function integer(value: number, bits: number, pattern: number): Buffer {
  const mask = (1 << bits) - 1;
  if (value < mask) return Buffer.of(pattern | value);
  const bytes = [pattern | mask];
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

/** Literals without indexing and without Huffman: what every decoder reads, and no state to get wrong. */
export function encode(fields: Fields): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.of(0),
      integer(Buffer.byteLength(name), 7, 0),
      Buffer.from(name),
      integer(Buffer.byteLength(value, 'latin1'), 7, 0),
      Buffer.from(value, 'latin1'),
    ]),
  );
}

export function settingsPayload(entries: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.alloc(entries.length * 6);
  entries.forEach(([id, value], i) => {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  });
  return payload;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A client that writes what it is told, right or wrong, and keeps what comes back. */
export class Probe {
  readonly stream: Duplex;
  /** Settings that the server announced. */
  readonly settings: Map<number, number> = new Map();
  readonly all: SeenFrame[] = [];
  #unread: SeenFrame[] = [];
  #pending: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  closed = false;
  bytes = 0;

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('error', () => undefined);
    const over = (): void => {
      this.closed = true;
      this.#wake?.();
    };
    stream.on('end', over);
    stream.on('close', over);
  }

  #take(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 9) {
      const length = this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < 9 + length) break;
      const one = {
        type: this.#pending[3] ?? 0,
        flags: this.#pending[4] ?? 0,
        id: this.#pending.readUInt32BE(5),
        payload: this.#pending.subarray(9, 9 + length),
      };
      this.#pending = this.#pending.subarray(9 + length);
      this.all.push(one);
      this.#unread.push(one);
      if (one.type === T.settings && (one.flags & F.ack) === 0) {
        for (let at = 0; at + 6 <= length; at += 6)
          this.settings.set(one.payload.readUInt16BE(at), one.payload.readUInt32BE(at + 2));
      }
    }
    this.#wake?.();
  }

  /** The next frame, or undefined at the end of the connection. */
  async next(): Promise<SeenFrame | undefined> {
    while (this.#unread.length === 0) {
      if (this.closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#unread.shift();
  }

  /** The next frame that is wanted; the end of the connection is an error. */
  async want(what: string, wanted: (one: SeenFrame) => boolean): Promise<SeenFrame> {
    const seen: string[] = [];
    for (;;) {
      const one = await this.next();
      if (one === undefined) throw new Error(`expected ${what}, got ${seen.join(', ')} and the end`);
      if (wanted(one)) return one;
      seen.push(
        `type ${one.type} flags ${one.flags} stream ${one.id} (${one.payload.toString('hex', 0, 16)})`,
      );
    }
  }

  send(...bytes: readonly Buffer[]): void {
    this.stream.write(Buffer.concat(bytes));
  }

  frame(type: number, flags: number, id: number, payload?: Buffer): void {
    this.send(frame(type, flags, id, payload));
  }

  /** Preface and empty settings, until the server's own are here and ours are acknowledged. */
  async handshake(settings: readonly (readonly [number, number])[] = []): Promise<void> {
    this.send(PREFACE, frame(T.settings, 0, 0, settingsPayload(settings)));
    await this.want('SETTINGS', (one) => one.type === T.settings && one.flags === 0);
    this.frame(T.settings, F.ack, 0);
    await this.want('SETTINGS with ACK', (one) => one.type === T.settings && one.flags === F.ack);
  }

  headers(id: number, block: Buffer | Fields, flags: number = F.endHeaders | F.endStream): void {
    this.frame(T.headers, flags, id, Buffer.isBuffer(block) ? block : encode(block));
  }

  setSettings(...entries: readonly (readonly [number, number])[]): void {
    this.frame(T.settings, 0, 0, settingsPayload(entries));
  }

  ping(data: Buffer = Buffer.alloc(8), flags = 0): void {
    this.frame(T.ping, flags, 0, data);
  }

  end(): void {
    this.stream.destroy();
  }
}
