/** What Node's printers look for; by name, so that browsers can load this too. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** A value that cannot be logged or serialised by accident. */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
    Object.defineProperty(this, INSPECT, { value: () => '[secret]' });
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }
}
