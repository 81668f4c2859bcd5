import { buildHonestReport } from '@media-network/edge';
import type { BuildReport, OpenTerms } from '@media-network/edge';
import {
  EMPTY_ROOT,
  addressBytes,
  askOpen,
  buildReport,
  decodeEntries,
  decodeReceiptList,
  encodeReceiptList,
  receiptListRoot,
  sortEntries,
  sumSlots,
  toHex,
} from '@media-network/protocol';
import type { Entry, SessionProof } from '@media-network/protocol';
import { sha256 } from './acts.ts';

type Built = ReturnType<BuildReport>;

/** A report with other entries, root and sums made to fit. It asks for as much as an honest edge that served all that. */
function rebuilt(built: Built, entries: readonly Entry[], open: OpenTerms): Built {
  const asks = askOpen(
    entries.map(({ resource, slots }) => ({
      bytes: sumSlots(slots),
      signed: 0n,
      likely: open.likelyOf(toHex(addressBytes(resource))),
    })),
    open.capBytes,
  );
  const asking = entries.map((entry, i) => ({ ...entry, asked: asks[i] ?? 0n }));
  const { report, blob } = buildReport(built.report.hour, sortEntries(asking), sha256);
  return { ...built, report, entries: blob };
}

const entriesOf = (built: Built): readonly Entry[] => decodeEntries(built.entries) ?? [];

/** An entry of bytes that nobody signed for, spread over the hour. */
export function openEntry(resource: string, bytes: bigint): Entry {
  const slot = bytes / 12n;
  return {
    resource,
    slots: Array.from({ length: 12 }, (_, i) => (i === 0 ? bytes - 11n * slot : slot)),
    asked: 0n,
    receiptsRoot: EMPTY_ROOT,
    digestRoot: EMPTY_ROOT,
    sessions: 0,
    digests: 0,
  };
}

/** Adds open bytes to what was counted of a resource. */
export function addsOpenBytes(resource: () => string, bytes: bigint): BuildReport {
  return (book, open) => {
    const honest = buildHonestReport(book, open);
    const own = entriesOf(honest);
    const target = resource();
    const found = own.find((entry) => entry.resource === target) ?? openEntry(target, 0n);
    const changed = { ...found, slots: found.slots.map((slot, i) => (i === 3 ? slot + bytes : slot)) };
    return rebuilt(honest, [...own.filter((entry) => entry.resource !== target), changed], open);
  };
}

/** Multiplies everything it counted. */
export function multiplies(factor: bigint): BuildReport {
  return (book, open) => {
    const honest = buildHonestReport(book, open);
    return rebuilt(
      honest,
      entriesOf(honest).map((entry) => ({ ...entry, slots: entry.slots.map((slot) => slot * factor) })),
      open,
    );
  };
}

/** Changes the list of sessions of every entry. */
export function changesSessions(
  change: (proofs: readonly SessionProof[], entry: Entry) => readonly SessionProof[],
): BuildReport {
  return (book, open) => {
    const honest = buildHonestReport(book, open);
    const receipts = new Map<string, Uint8Array>();
    const entries = entriesOf(honest).map((entry) => {
      const before =
        decodeReceiptList(honest.receipts.get(toHex(entry.receiptsRoot)) ?? new Uint8Array()) ?? [];
      const proofs = change(before, entry);
      const blob = encodeReceiptList(proofs);
      const receiptsRoot = receiptListRoot(blob, sha256) ?? EMPTY_ROOT;
      if (blob.length > 0) receipts.set(toHex(receiptsRoot), blob);
      const vouched = proofs.reduce((sum, { receipt }) => sum + receipt.bytes, 0n);
      const total = entry.slots.reduce((sum, slot) => sum + slot, 0n);
      const slots = entry.slots.map((slot, i) =>
        i === 3 && vouched > total ? slot + vouched - total : slot,
      );
      return { ...entry, slots, receiptsRoot, sessions: proofs.length };
    });
    return { ...rebuilt(honest, entries, open), receipts };
  };
}
