/** What a structured field may hold that these headers use (RFC 9651 §3): strings, booleans, integers, lists of strings. */
const KEY = /[a-z*][a-z0-9_.*-]*/y;
const STRING = /"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y;
const BOOLEAN = /\?([01])/y;
const INTEGER = /-?\d{1,15}(?![\d.])/y;
const OTHER = /(?:[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*|-?\d{1,12}\.\d{1,3})/y;
const SPACES = / */y;
const GAP = /[ \t]*/y;

type Item = string | boolean | number | undefined;
type Member = Item | readonly string[];

/** Reads from left to right; what it cannot read makes the whole field unreadable (§4.2). */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }

  skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  /** An item without its parameters. `undefined` as a value: one of a type that is not used here. */
  item(): { readonly value: Item } | undefined {
    const value = this.bareItem();
    return value === undefined || !this.parameters() ? undefined : value;
  }

  bareItem(): { readonly value: Item } | undefined {
    const text = this.take(STRING);
    if (text !== undefined) return { value: (text[1] ?? '').replaceAll(/\\(.)/g, '$1') };
    const flag = this.take(BOOLEAN);
    if (flag !== undefined) return { value: flag[1] === '1' };
    const integer = this.take(INTEGER);
    if (integer !== undefined) return { value: Number(integer[0]) };
    return this.take(OTHER) === undefined ? undefined : { value: undefined };
  }

  parameters(): boolean {
    while (this.skip(';')) {
      this.take(SPACES);
      if (this.take(KEY) === undefined) return false;
      if (this.skip('=') && this.bareItem() === undefined) return false;
    }
    return true;
  }

  /** An inner list of strings; a member of another type makes it `undefined` as a value. */
  innerList(): { readonly value: readonly string[] | undefined } | undefined {
    const strings: string[] = [];
    let pure = true;
    for (;;) {
      this.take(SPACES);
      if (this.skip(')')) return this.parameters() ? { value: pure ? strings : undefined } : undefined;
      const item = this.item();
      if (item === undefined) return undefined;
      if (typeof item.value === 'string') strings.push(item.value);
      else pure = false;
    }
  }

  /** Between members; false where there is no further one. */
  next(): boolean | undefined {
    this.take(GAP);
    if (this.done) return false;
    if (!this.skip(',')) return undefined;
    this.take(GAP);
    return this.done ? undefined : true;
  }
}

/** The strings of a list (RFC 9651 §3.1); members of other types are left out. Undefined: it cannot be read. */
export function parseStringList(field: string): string[] | undefined {
  const reader = new Reader(field.trim());
  const strings: string[] = [];
  if (reader.done) return strings;
  for (;;) {
    const member = reader.skip('(') ? reader.innerList() : reader.item();
    if (member === undefined) return undefined;
    if (typeof member.value === 'string') strings.push(member.value);
    const more = reader.next();
    if (more === undefined) return undefined;
    if (!more) return strings;
  }
}

/**
 * A dictionary (§3.2): booleans, strings, integers and lists of strings; `undefined` for members of other
 * types. Of a repeated key the last one holds. Undefined: it cannot be read.
 */
export function parseDictionary(field: string): Map<string, Member> | undefined {
  const reader = new Reader(field.trim());
  const members = new Map<string, Member>();
  if (reader.done) return members;
  for (;;) {
    const key = reader.take(KEY)?.[0];
    if (key === undefined) return undefined;
    if (reader.skip('=')) {
      const member = reader.skip('(') ? reader.innerList() : reader.item();
      if (member === undefined) return undefined;
      members.set(key, member.value);
    } else {
      if (!reader.parameters()) return undefined;
      members.set(key, true);
    }
    const more = reader.next();
    if (more === undefined) return undefined;
    if (!more) return members;
  }
}
