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
  /** Fields that change with time, name, value, … */
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

/** So many answers within a second make it worth keeping the assembled bytes until it ends. */
const HOT_USES = 8;

/**
 * A response ready to be written: one object a cached representation, kept as long as the entry lives.
 * What is asked for again and again has its assembled bytes kept for the running second by the HTTP/1 front, which puts
 * the rest together where they leave from; others read the fields and keep what they make of them in `attachment`.
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
  /** Of the head of HTTP/1: all that does not change with time; latin1, one byte a unit. A string: there is one for every entry. */
  readonly fixed: string;
  readonly #varying: ((nowSecond: number) => readonly string[]) | undefined;
  #second = -1;
  #usesThisSecond = 0;
  #head: Buffer | undefined;
  #whole: Buffer | undefined;

  constructor(init: FastHitInit<Token>) {
    this.token = init.token;
    this.status = init.status;
    this.headers = init.headers;
    this.body = init.body;
    this.saysLength = init.saysLength ?? true;
    this.#varying = init.varying;
    if (LINE_BREAKS.test(init.statusText ?? '')) throw new TypeError('the status text holds a line break');
    this.fixed =
      `HTTP/1.1 ${init.status} ${init.statusText ?? 'OK'}\r\n` +
      fieldLines(init.headers) +
      (this.saysLength ? `Content-Length: ${init.body.length}\r\n` : '');
  }

  /** The fields that change with time, as they are now. */
  varying(nowSecond: number): readonly string[] {
    return this.#varying?.(nowSecond) ?? [];
  }

  /** What follows `fixed` in a head, blank line included: latin1, one byte a unit. */
  lines(nowSecond: number, close: boolean): string {
    return `${fieldLines(this.varying(nowSecond))}${close ? CLOSE_LINE : ''}\r\n`;
  }

  /** Counts a use, and says whether there were so many within this second that `head` and `whole` pay. */
  isHot(nowSecond: number): boolean {
    if (this.#second !== nowSecond) {
      this.#second = nowSecond;
      this.#usesThisSecond = 0;
      this.#head = undefined;
      this.#whole = undefined;
    }
    this.#usesThisSecond += 1;
    return this.#usesThisSecond > HOT_USES;
  }

  /** Head for this second. Call after `isHot`. */
  head(nowSecond: number): Buffer {
    this.#head ??= Buffer.from(this.fixed + this.lines(nowSecond, false), 'latin1');
    return this.#head;
  }

  /** Head and body in one buffer, where there is room to keep it. Call after `isHot`. */
  whole(nowSecond: number, keep: (hit: FastHit<Token>, bytes: number) => boolean): Buffer | undefined {
    if (this.#whole !== undefined) return this.#whole;
    const head = this.head(nowSecond);
    if (!keep(this, head.length + this.body.length)) return undefined;
    this.#whole = Buffer.concat([head, this.body]);
    return this.#whole;
  }

  /** Gives the assembled copy back. */
  forget(): void {
    this.#whole = undefined;
  }
}

export function createFastHit<Token>(init: FastHitInit<Token>): FastHit<Token> {
  return new FastHit(init);
}
