import { rtmpError } from './failure.ts';

/** A value of AMF 0 (Action Message Format 0, 2.1). Objects are maps, so that no name of theirs means anything here. */
export type AmfValue = number | boolean | string | null | undefined | Date | AmfObject | readonly AmfValue[];
export type AmfObject = ReadonlyMap<string, AmfValue>;

/** Objects within objects: protects the stack. */
const MOST_DEPTH = 8;
/** Values of one message, names not counted: protects memory. */
const MOST_VALUES = 512;

const TYPE = {
  number: 0,
  boolean: 1,
  string: 2,
  object: 3,
  null: 5,
  undefined: 6,
  ecmaArray: 8,
  end: 9,
  strictArray: 10,
  date: 11,
  longString: 12,
} as const;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** All values of a message. Throws `rtmp/malformed`, `rtmp/too-much`. */
export function decodeAmf(bytes: Uint8Array): AmfValue[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let count = 0;

  const need = (length: number): number => {
    const from = at;
    if (length > bytes.length - at) throw rtmpError('rtmp/malformed', 'A value of AMF ends before its end.');
    at += length;
    return from;
  };
  const text = (length: number): string => {
    const from = need(length);
    return decoder.decode(bytes.subarray(from, from + length));
  };
  const shortText = (): string => text(view.getUint16(need(2)));

  function members(depth: number): AmfObject {
    const object = new Map<string, AmfValue>();
    for (;;) {
      const name = shortText();
      if (name === '' && bytes[at] === TYPE.end) {
        at += 1;
        return object;
      }
      object.set(name, value(depth + 1));
    }
  }

  function value(depth: number): AmfValue {
    count += 1;
    if (depth > MOST_DEPTH || count > MOST_VALUES)
      throw rtmpError('rtmp/too-much', 'A message of AMF with too many values.');
    const type = bytes[need(1)];
    switch (type) {
      case TYPE.number:
        return view.getFloat64(need(8));
      case TYPE.boolean:
        return bytes[need(1)] !== 0;
      case TYPE.string:
        return shortText();
      case TYPE.object:
        return members(depth);
      case TYPE.null:
        return null;
      case TYPE.undefined:
        return undefined;
      case TYPE.ecmaArray:
        need(4);
        return members(depth);
      case TYPE.strictArray: {
        const length = view.getUint32(need(4));
        const list: AmfValue[] = [];
        for (let i = 0; i < length; i += 1) list.push(value(depth + 1));
        return list;
      }
      case TYPE.date: {
        const time = view.getFloat64(need(8));
        need(2);
        return new Date(time);
      }
      case TYPE.longString:
        return text(view.getUint32(need(4)));
      default:
        throw rtmpError('rtmp/malformed', `A value of AMF of type ${String(type)}.`);
    }
  }

  const values: AmfValue[] = [];
  while (at < bytes.length) values.push(value(0));
  return values;
}

/** Values that a server says: no dates, no arrays, strings below 64 KiB. */
export type SaidValue = number | boolean | string | null | { readonly [name: string]: SaidValue };

export function encodeAmf(values: readonly SaidValue[]): Uint8Array {
  const bytes: number[] = [];
  const short = (text: string): void => {
    const encoded = encoder.encode(text);
    bytes.push(encoded.length >> 8, encoded.length & 255, ...encoded);
  };
  const put = (value: SaidValue): void => {
    if (value === null) bytes.push(TYPE.null);
    else if (typeof value === 'boolean') bytes.push(TYPE.boolean, value ? 1 : 0);
    else if (typeof value === 'string') {
      bytes.push(TYPE.string);
      short(value);
    } else if (typeof value === 'number') {
      const number = new Uint8Array(8);
      new DataView(number.buffer).setFloat64(0, value);
      bytes.push(TYPE.number, ...number);
    } else {
      bytes.push(TYPE.object);
      for (const [name, member] of Object.entries(value)) {
        short(name);
        put(member);
      }
      bytes.push(0, 0, TYPE.end);
    }
  };
  for (const value of values) put(value);
  return Uint8Array.from(bytes);
}
