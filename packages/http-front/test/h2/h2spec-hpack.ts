import { E, END, block, connectionError } from './h2spec-case.ts';
import type { H2SpecCase } from './h2spec-case.ts';

/** A request whose block holds what no decoder may take. */
function broken(number: string, title: string, representation: string, before = false): H2SpecCase {
  return {
    number,
    title,
    async run(probe, target) {
      const bytes = Buffer.from(representation, 'hex');
      probe.headers(1, before ? Buffer.concat([bytes, block(target)]) : block(target, bytes), END);
      await connectionError(probe, E.compression);
    },
  };
}

/** The section "hpack". */
export const hpackCases: readonly H2SpecCase[] = [
  broken('hpack/2.3.3/1', 'indexed field with an invalid index', 'c6'),
  broken('hpack/2.3.3/2', 'literal with an invalid index', '7f0700'),
  broken('hpack/4.2/1', 'table size update at the end of a block', '21'),
  broken('hpack/5.2/1', 'Huffman padding longer than seven bits', '0085f2b24a84ff8449509fff'),
  broken('hpack/5.2/2', 'Huffman padding of zeros', '0085f2b24a84ff83495090'),
  broken('hpack/5.2/3', 'Huffman string with EOS', '0085f2b24a84ff874951fffffffa7f'),
  broken('hpack/6.1/1', 'index 0', '80'),
  broken('hpack/6.3/1', 'table size above SETTINGS_HEADER_TABLE_SIZE', '3fe21f', true),
];
