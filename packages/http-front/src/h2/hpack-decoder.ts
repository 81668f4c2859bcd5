import { Field, PATH, kindOf } from './field.ts';
import { HpackTable } from './hpack-table.ts';
import { PathMemo } from './path-memo.ts';
import { huffmanDecode, maxDecodedBytes } from './huffman.ts';

/** The lines of one header block, bounded. */
export class FieldList {
  readonly #maxBytes: number;
  readonly #maxFields: number;
  readonly fields: Field[] = [];
  #bytes = 0;
  /** More came than is kept: the request is answered with 431, the table stays in step all the same. */
  overflowed = false;

  /** `maxBytes` counts names, values and 32 for each line (RFC 9113 §6.5.2). */
  constructor(maxBytes: number, maxFields: number) {
    this.#maxBytes = maxBytes;
    this.#maxFields = maxFields;
  }

  clear(): void {
    this.fields.length = 0;
    this.#bytes = 0;
    this.overflowed = false;
  }

  add(field: Field): void {
    this.#bytes += field.size;
    if (this.#bytes > this.#maxBytes || this.fields.length === this.#maxFields) this.overflowed = true;
    if (!this.overflowed) this.fields.push(field);
  }
}

/** Largest integer that means anything here; longer encodings are an error (§5.1 leaves the bound to us). */
const MAX_INTEGER = 0xff_ffff;
/** A change that shrinks and grows again takes two (§4.2); more are an attempt to cost us evictions. */
const MAX_SIZE_UPDATES = 2;

/**
 * The reader of header blocks (RFC 7541). Memory: the table's limit, and one decoded string at a time, at
 * most 8/5 of the block's bytes; whoever calls bounds the block. A block of references to one long line is
 * bounded by the list, which stops keeping lines long before they amount to anything.
 */
export class HpackDecoder {
  readonly #table: HpackTable;
  readonly #paths: PathMemo;
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  /** `paths` may be shared by many connections. */
  constructor(tableLimitBytes: number, paths: PathMemo = new PathMemo()) {
    this.#paths = paths;
    this.#table = new HpackTable(tableLimitBytes);
  }

  /** Bytes in the dynamic table. */
  get tableBytes(): number {
    return this.#table.bytes;
  }

  /** Reads a whole block. False is a decoding error, after which nothing of the connection can be read. */
  decode(buffer: Buffer, start: number, end: number, list: FieldList): boolean {
    this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
    const table = this.#table;
    let updates = 0;
    let seenField = false;
    while (this.#at < end) {
      const byte = buffer[this.#at] ?? 0;
      if ((byte & 0x80) !== 0) {
        const index = (byte & 0x7f) === 0x7f ? this.#integer(7) : this.#short(byte & 0x7f);
        const field = table.at(index);
        if (field === undefined) return false;
        list.add(field);
        seenField = true;
      } else if ((byte & 0xe0) === 0x20) {
        updates += 1;
        const size = this.#integer(5);
        if (seenField || updates > MAX_SIZE_UPDATES || size === -1 || !table.resize(size)) return false;
      } else {
        const indexing = (byte & 0x40) !== 0;
        const field = this.#literal(indexing ? 6 : 4);
        if (field === undefined) return false;
        if (indexing) table.insert(field);
        list.add(field);
        seenField = true;
      }
    }
    return true;
  }

  #short(index: number): number {
    this.#at += 1;
    return index;
  }

  #literal(prefixBits: number): Field | undefined {
    const index = this.#integer(prefixBits);
    if (index === -1) return undefined;
    let name: string;
    let kind: number;
    if (index === 0) {
      const text = this.#string();
      if (text === undefined) return undefined;
      name = text;
      kind = kindOf(text);
    } else {
      const named = this.#table.at(index);
      if (named === undefined) return undefined;
      name = named.name;
      // Of the name alone: the line it is taken from may have been malformed by its value.
      kind = kindOf(name);
    }
    return kind === PATH ? this.#path() : this.#valued(name, kind);
  }

  #valued(name: string, kind: number): Field | undefined {
    const value = this.#string();
    return value === undefined ? undefined : new Field(name, value, kind);
  }

  #path(): Field | undefined {
    const start = this.#at;
    const end = this.#stringEnd();
    if (end === -1) return undefined;
    const known = this.#paths.find(this.#buffer, start, end);
    if (known !== undefined) {
      this.#at = end;
      return known;
    }
    const field = this.#valued(':path', PATH);
    if (field !== undefined) this.#paths.keep(this.#buffer, start, end, field);
    return field;
  }

  /** Where the string that begins here ends, -1 when not within the block. */
  #stringEnd(): number {
    const start = this.#at;
    const length = start < this.#end ? this.#integer(7) : -1;
    const end = this.#at + length;
    this.#at = start;
    return length === -1 || end > this.#end ? -1 : end;
  }

  /** §5.1. -1 when it does not end in time or is beyond what any field here can be. */
  #integer(prefixBits: number): number {
    const buffer = this.#buffer;
    const mask = (1 << prefixBits) - 1;
    let value = (buffer[this.#at] ?? 0) & mask;
    this.#at += 1;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= this.#end) return -1;
      const byte = buffer[this.#at] ?? 0;
      this.#at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (value > MAX_INTEGER) return -1;
      if ((byte & 0x80) === 0) return value;
    }
    return -1;
  }

  /** §5.2, bytes as latin1. */
  #string(): string | undefined {
    if (this.#at >= this.#end) return undefined;
    const huffman = ((this.#buffer[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    if (length === -1 || length > this.#end - this.#at) return undefined;
    const start = this.#at;
    this.#at += length;
    if (!huffman) return this.#buffer.toString('latin1', start, this.#at);
    const target = scratch(maxDecodedBytes(length));
    const bytes = huffmanDecode(this.#buffer, start, this.#at, target);
    return bytes === -1 ? undefined : target.toString('latin1', 0, bytes);
  }
}

const SMALL_SCRATCH_BYTES = 8_192;
const smallScratch = Buffer.alloc(SMALL_SCRATCH_BYTES);

/** Space for one decoded string; nobody keeps it. */
function scratch(bytes: number): Buffer {
  return bytes <= SMALL_SCRATCH_BYTES ? smallScratch : Buffer.allocUnsafe(bytes);
}
