import type { Answer } from '../src/index.ts';

/** Writes an answer piece by piece, as handlers of tests like to. */
export class TestResponse {
  readonly answer: Promise<Answer<string>>;
  readonly #token: string;
  readonly #resolve: (answer: Answer<string>) => void;
  readonly #queue: { readonly piece: Buffer; readonly taken: (() => void) | undefined }[] = [];
  #state: 'open' | 'ended' | 'destroyed' = 'open';
  #begun = false;
  #wake: () => void = () => undefined;
  #status = 200;
  #statusText = 'OK';
  readonly #headers: string[] = [];
  #length: number | undefined;

  constructor(token: string) {
    this.#token = token;
    const { promise, resolve } = Promise.withResolvers<Answer<string>>();
    this.answer = promise;
    this.#resolve = resolve;
  }

  setHeader(name: string, value: string): void {
    if (name.toLowerCase() === 'content-length') this.#length = Number(value);
    else this.#headers.push(name, value);
  }

  writeHead(status: number, text?: string | Record<string, string | number>): this {
    this.#status = status;
    if (typeof text === 'string') this.#statusText = text;
    else for (const [name, value] of Object.entries(text ?? {})) this.setHeader(name, String(value));
    return this;
  }

  /** `taken` is called once the front has asked for what comes after. */
  write(piece: string | Buffer, taken?: () => void): void {
    this.#queue.push({ piece: Buffer.from(piece), taken });
    this.#begin(this.#pieces());
    this.#wake();
  }

  end(last?: string | Buffer): void {
    const body = last === undefined ? undefined : Buffer.from(last);
    if (!this.#begun) {
      this.#length ??= body?.length ?? 0;
      this.#begin(body);
    } else if (body !== undefined) this.#queue.push({ piece: body, taken: undefined });
    this.#state = 'ended';
    this.#wake();
  }

  /** Answers with these pieces, made as they are asked for. */
  stream(pieces: AsyncIterable<Uint8Array>): void {
    this.#begin(pieces);
  }

  destroy(): void {
    this.#state = 'destroyed';
    this.#begin(this.#pieces());
    this.#wake();
  }

  /** Sends the head alone. */
  flush(): void {
    this.#begin(this.#pieces());
  }

  #begin(body: Answer<string>['body']): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#resolve({
      status: this.#status,
      statusText: this.#statusText,
      headers: this.#headers,
      contentLength: this.#length,
      body,
      token: this.#token,
    });
  }

  async *#pieces(): AsyncGenerator<Buffer> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        yield next.piece;
        next.taken?.();
        continue;
      }
      if (this.#state === 'ended') return;
      if (this.#state === 'destroyed') throw new Error('given up');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
