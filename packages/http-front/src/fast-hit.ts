/** What a prebuilt response is made of. */
export interface FastHitInit<Token> {
  /** Handed back with the bytes that left, for accounting. */
  readonly token: Token;
  readonly status: number;
  readonly statusText?: string;
  /**
   * Raw header list, name, value, name, value…; neither Connection nor Content-Length nor
   * Transfer-Encoding, which the front writes itself.
   */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** False where the answer has no body to say the length of: a 304. */
  readonly saysLength?: boolean;
  /** Fields that change with time, name, value, … Asked for at most once a second, by each kind of front. */
  readonly varying?: (nowSecond: number) => readonly string[];
}

const CLOSE_LINE = 'Connection: close\r\n';
const LINE_BREAKS = /[\r\n\0]/;

/** A list as lines of HTTP/1. Throws where a value would break out of its line. */
function fieldLines(headers: readonly string[]): string {
  let lines = '';
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const value = headers[i + 1] ?? '';
    if (LINE_BREAKS.test(name) || LINE_BREAKS.test(value))
      throw new TypeError(`header ${JSON.stringify(name)} holds a line break`);
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

/**
 * A response ready to be written: one object a cached representation, kept as long as the entry lives.
 * The HTTP/1 front remembers the assembled bytes for the running second; others read the fields and keep
 * what they make of them in `attachment`.
 */
export class FastHit<Token> {
  readonly token: Token;
  readonly status: number;
  /** Without Content-Length and without what varies. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly saysLength: boolean;
  /** What a front of another protocol has prebuilt of this hit; lives and dies with it. */
  attachment: unknown;
  readonly #fixed: Buffer;
  readonly #varying: ((nowSecond: number) => readonly string[]) | undefined;
  #second = -1;
  #head: Buffer = Buffer.alloc(0);
  #whole: Buffer | undefined;
  #usesThisSecond = 0;

  constructor(init: FastHitInit<Token>) {
    this.token = init.token;
    this.status = init.status;
    this.headers = init.headers;
    this.body = init.body;
    this.saysLength = init.saysLength ?? true;
    this.#varying = init.varying;
    if (LINE_BREAKS.test(init.statusText ?? '')) throw new TypeError('the status text holds a line break');
    const head =
      `HTTP/1.1 ${init.status} ${init.statusText ?? 'OK'}\r\n` +
      fieldLines(init.headers) +
      (this.saysLength ? `Content-Length: ${init.body.length}\r\n` : '');
    this.#fixed = Buffer.from(head, 'latin1');
  }

  /** The fields that change with time, as they are now. */
  varying(nowSecond: number): readonly string[] {
    return this.#varying?.(nowSecond) ?? [];
  }

  /** Head for this second, blank line included. */
  head(nowSecond: number, close: boolean): Buffer {
    if (close) return this.#assembleHead(nowSecond, CLOSE_LINE);
    if (this.#second !== nowSecond) {
      this.#head = this.#assembleHead(nowSecond, '');
      this.#second = nowSecond;
      this.#whole = undefined;
      this.#usesThisSecond = 0;
    }
    return this.#head;
  }

  /**
   * Head and body in one buffer, from the second use within a second on: a rarely asked object is not
   * worth copying. Call after `head`.
   */
  whole(keep: (hit: FastHit<Token>, bytes: number) => boolean): Buffer | undefined {
    if (this.#whole !== undefined) return this.#whole;
    this.#usesThisSecond += 1;
    if (this.#usesThisSecond < 2 || !keep(this, this.#head.length + this.body.length)) return undefined;
    this.#whole = Buffer.concat([this.#head, this.body]);
    return this.#whole;
  }

  /** Gives the assembled copy back. */
  forget(): void {
    this.#whole = undefined;
  }

  #assembleHead(nowSecond: number, close: string): Buffer {
    const lines = `${fieldLines(this.varying(nowSecond))}${close}\r\n`;
    return Buffer.concat([this.#fixed, Buffer.from(lines, 'latin1')]);
  }
}

export function createFastHit<Token>(init: FastHitInit<Token>): FastHit<Token> {
  return new FastHit(init);
}
