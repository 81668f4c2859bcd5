import { addressBytes, decodeReceipt, decodeTicket, toHex } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { EvidenceReaders } from './ledger.ts';

/** What the ledger needs of tickets and receipts. They were checked before they were taken in. */
export const evidenceReaders: EvidenceReaders = {
  ticket(bytes) {
    const ticket = decodeTicket(bytes);
    if (ticket === undefined) throw corrupt('ticket');
    return {
      session: toHex(ticket.session),
      resource: toHex(addressBytes(ticket.resource)),
      hour: Number(ticket.hour),
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
