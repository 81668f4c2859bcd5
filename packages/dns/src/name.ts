import { MediaError } from '@media-network/runtime';
import { MAX_LABEL_BYTES, MAX_NAME_BYTES } from './numbers.ts';

/**
 * A name as it is on the wire, lower case, ending in the root. `text` is dotted ASCII without escapes; a dot at its end is allowed.
 *
 * @throws `dns/bad-name`
 */
export function encodeName(text: string): Uint8Array {
  const labels = text === '' || text === '.' ? [] : text.replace(/\.$/, '').toLowerCase().split('.');
  const bytes: number[] = [];
  for (const label of labels) {
    const ok = label.length > 0 && label.length <= MAX_LABEL_BYTES && /^[\x21-\x7e]+$/.test(label);
    if (!ok) throw badName(text);
    bytes.push(label.length, ...Buffer.from(label, 'latin1'));
  }
  bytes.push(0);
  if (bytes.length > MAX_NAME_BYTES) throw badName(text);
  return Uint8Array.from(bytes);
}

function badName(text: string): MediaError {
  return new MediaError({
    code: 'dns/bad-name',
    message: `"${text.slice(0, 300)}" is no domain name: labels of 1 to 63 characters, 253 in all.`,
    source: 'client',
  });
}

/** The key of labels below an apex, as `Zone.find` is asked for them: their lower-case wire bytes, one character a byte. */
export function belowKey(text: string): string {
  return text === '' ? '' : Buffer.from(encodeName(text).subarray(0, -1)).toString('latin1');
}
