import { addressBytes, decodeReceipt, decodeToken, toHex } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { EvidenceReaders } from './ledger.ts';

/** What the ledger needs of tokens and receipts. They were checked before they were taken in. */
export const evidenceReaders: EvidenceReaders = {
  token(bytes) {
    const token = decodeToken(bytes);
    if (token === undefined) throw corrupt('token');
    return {
      session: toHex(token.session),
      resource: toHex(addressBytes(token.resource)),
      hour: Number(token.hour),
    };
  },
  receipt(bytes) {
    const receipt = decodeReceipt(bytes);
    if (receipt === undefined) throw corrupt('receipt');
    return { session: toHex(receipt.session), bytes: Number(receipt.bytes), sequence: receipt.sequence };
  },
};

function corrupt(what: string): MediaError {
  return new MediaError({
    code: 'edge/journal-corrupt',
    message: `The journal holds a ${what} that cannot be read.`,
    source: 'internal',
  });
}
