import { buildHonestReport } from '@media-network/edge';
import type { BuildReport } from '@media-network/edge';
import {
  buildReport,
  decodeEntries,
  decodeReceiptList,
  encodeReceiptList,
  receiptListRoot,
  sumSlots,
  toHex,
} from '@media-network/protocol';
import type { Entry } from '@media-network/protocol';
import { present, sha256 } from './network.ts';

type Built = ReturnType<BuildReport>;

/** The honest report with its entries replaced, its root and sums made to fit again. */
function withEntries(built: Built, change: (entry: Entry) => Entry): Built {
  const entries = present(decodeEntries(built.entries), 'entries').map(change);
  const { report, blob } = buildReport(built.report.hour, entries, sha256);
  return { ...built, report, entries: blob };
}

/** Claims that every byte was vouched for. */
export const claimsVouched: BuildReport = (book) =>
  withEntries(buildHonestReport(book), (entry) => ({ ...entry, vouched: sumSlots(entry.slots) }));

/** Doubles its bytes and the receipts with them: sums and roots fit, the clients' signatures do not. */
export const doublesReceipts: BuildReport = (book) => {
  const honest = buildHonestReport(book);
  const receipts = new Map<string, Uint8Array>();
  const doubled = withEntries(honest, (entry) => {
    const list = decodeReceiptList(honest.receipts.get(toHex(entry.receiptsRoot)) ?? new Uint8Array());
    const forged = encodeReceiptList(
      (list ?? []).map(({ token, receipt }) => ({
        token,
        receipt: { ...receipt, bytes: receipt.bytes * 2n },
      })),
    );
    const root = present(receiptListRoot(forged, sha256), 'root of the receipts');
    if (forged.length > 0) receipts.set(toHex(root), forged);
    return {
      ...entry,
      slots: entry.slots.map((bytes) => bytes * 2n),
      vouched: entry.vouched * 2n,
      receiptsRoot: root,
    };
  });
  return { ...doubled, receipts };
};

/** Entries that say one thing under a root that says another. */
export const forgesRoot: BuildReport = (book) => {
  const honest = buildHonestReport(book);
  return { ...honest, report: { ...honest.report, root: sha256(honest.report.root) } };
};
