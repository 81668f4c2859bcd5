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

/** Asks for every byte as an open one, whatever its stake may earn. */
export const asksForAll: BuildReport = (book, open) =>
  withEntries(buildHonestReport(book, open), (entry) => ({ ...entry, asked: sumSlots(entry.slots) }));

/** Doubles its bytes and the receipts with them: sums and roots fit, the clients' signatures do not. */
export const doublesReceipts: BuildReport = (book, open) => {
  const honest = buildHonestReport(book, open);
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
      receiptsRoot: root,
    };
  });
  return { ...doubled, receipts };
};

/** Entries that say one thing under a root that says another. */
export const forgesRoot: BuildReport = (book, open) => {
  const honest = buildHonestReport(book, open);
  return { ...honest, report: { ...honest.report, root: sha256(honest.report.root) } };
};
