/**
 * The Huffman code of RFC 7541, Appendix B. It is canonical: codes of one length ascend with the symbol,
 * shorter ones come first. So the lengths say all; the last symbol, 256, is EOS.
 */
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const EOS = 256;

const codes = new Uint32Array(LENGTHS.length);
{
  let code = 0;
  for (let length = 1; length <= 30; length += 1) {
    for (let symbol = 0; symbol < LENGTHS.length; symbol += 1) {
      if (LENGTHS[symbol] !== length) continue;
      codes[symbol] = code;
      code += 1;
    }
    code <<= 1;
  }
}

/**
 * Decoding goes four bits a step through the inner nodes of the code's tree: no code is shorter than five
 * bits, so a step ends at most one symbol. An entry of `steps[node * 16 + bits]` is the node reached, plus
 * a symbol from bit 16 on, plus flags. Of EOS no entry exists: it must not occur (§5.2).
 */
const NODE_MASK = 0xff;
const HAS_SYMBOL = 0x100;
const FORBIDDEN = 0x200;
const steps = new Int32Array(256 * 16);
/** Whether a string may end at a node: at most seven bits into a code, all ones (§5.2). */
const mayEnd = new Uint8Array(256);

function buildSteps(): void {
  const children: [number, number][] = [[0, 0]];
  const LEAF = 1 << 16;
  for (let symbol = 0; symbol < LENGTHS.length; symbol += 1) {
    const length = LENGTHS[symbol] ?? 0;
    const code = codes[symbol] ?? 0;
    let node = 0;
    for (let bit = length - 1; bit >= 0; bit -= 1) {
      const side = ((code >>> bit) & 1) as 0 | 1; // one bit
      const pair = children[node];
      if (pair === undefined) throw new Error('the code is no tree');
      if (bit === 0) pair[side] = LEAF | symbol;
      else {
        if (pair[side] === 0) {
          children.push([0, 0]);
          pair[side] = children.length - 1;
        }
        node = pair[side];
      }
    }
  }
  for (let node = 0; node < children.length; node += 1) {
    for (let bits = 0; bits < 16; bits += 1) {
      let at = node;
      let entry = 0;
      for (let bit = 3; bit >= 0; bit -= 1) {
        const next = children[at]?.[((bits >>> bit) & 1) as 0 | 1] ?? 0; // one bit
        if ((next & LEAF) === 0) {
          at = next;
          continue;
        }
        if ((next & 0x1ff) === EOS) entry |= FORBIDDEN;
        else entry |= HAS_SYMBOL | ((next & 0xff) << 16);
        at = 0;
      }
      steps[node * 16 + bits] = entry | at;
    }
  }
  mayEnd[0] = 1;
  let node = 0;
  for (let depth = 1; depth <= 7; depth += 1) {
    node = children[node]?.[1] ?? 0;
    mayEnd[node] = 1;
  }
}
buildSteps();

/** Bytes that `length` encoded bytes decode to at most. */
export function maxDecodedBytes(length: number): number {
  return Math.ceil((length * 8) / 5);
}

/**
 * Decodes `source[start..end)` into `target`, which has room for `maxDecodedBytes`. Returns how many bytes
 * it wrote, or -1 for what RFC 7541 §5.2 makes an error: EOS, padding longer than seven bits or not of ones.
 */
export function huffmanDecode(source: Buffer, start: number, end: number, target: Buffer): number {
  let node = 0;
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const byte = source[at] ?? 0;
    let entry = steps[node * 16 + (byte >>> 4)] ?? 0;
    if ((entry & HAS_SYMBOL) !== 0) {
      target[length] = entry >>> 16;
      length += 1;
    } else if ((entry & FORBIDDEN) !== 0) return -1;
    entry = steps[(entry & NODE_MASK) * 16 + (byte & 0xf)] ?? 0;
    if ((entry & HAS_SYMBOL) !== 0) {
      target[length] = entry >>> 16;
      length += 1;
    } else if ((entry & FORBIDDEN) !== 0) return -1;
    node = entry & NODE_MASK;
  }
  return mayEnd[node] === 1 ? length : -1;
}

/** Length in bytes of a latin1 text once encoded. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i += 1) bits += LENGTHS[text.charCodeAt(i) & 0xff] ?? 0;
  return (bits + 7) >>> 3;
}

/** Encodes a latin1 text at `at`; returns the position after it. `target` has room for `huffmanLength`. */
export function huffmanEncode(text: string, target: Buffer, at: number): number {
  let end = at;
  // Up to seven bits wait for their byte; a code adds at most 30: more than an int32 holds, so in two parts.
  let waiting = 0;
  let waitingBits = 0;
  const put = (code: number, length: number): void => {
    waiting = (waiting << length) | code;
    waitingBits += length;
    while (waitingBits >= 8) {
      waitingBits -= 8;
      target[end] = waiting >>> waitingBits;
      end += 1;
    }
    waiting &= (1 << waitingBits) - 1;
  };
  for (let i = 0; i < text.length; i += 1) {
    const symbol = text.charCodeAt(i) & 0xff;
    const code = codes[symbol] ?? 0;
    const length = LENGTHS[symbol] ?? 0;
    if (length > 16) {
      put(code >>> 16, length - 16);
      put(code & 0xffff, 16);
    } else put(code, length);
  }
  if (waitingBits > 0) {
    target[end] = (waiting << (8 - waitingBits)) | ((1 << (8 - waitingBits)) - 1);
    end += 1;
  }
  return end;
}
