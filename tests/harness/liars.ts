import { createServer } from 'node:http';
import type { Signer } from '@media-network/chain';
import { signEvidence } from '@media-network/chain';
import { buildHonestReport } from '@media-network/edge';
import type { BuildReport } from '@media-network/edge';
import {
  buildReport,
  decodeCounter,
  decodeEntries,
  decodeReceiptList,
  encodeCounter,
  encodeReceiptList,
  fromHex,
  receiptListRoot,
  signCounter,
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

/** Claims that every byte was signed for. */
export const claimsSignatures: BuildReport = (book) =>
  withEntries(buildHonestReport(book), (entry) => ({
    ...entry,
    attested: entry.slots.reduce((sum, bytes) => sum + bytes, 0n),
  }));

/** Doubles its bytes and the receipts with them: sums and roots fit, the clients' signatures do not. */
export const doublesReceipts: BuildReport = (book) => {
  const honest = buildHonestReport(book);
  const receipts = new Map<string, Uint8Array>();
  const doubled = withEntries(honest, (entry) => {
    const list = decodeReceiptList(honest.receipts.get(toHex(entry.receiptsRoot)) ?? new Uint8Array());
    const forged = encodeReceiptList(
      (list ?? []).map(({ ticket, receipt }) => ({
        ticket,
        receipt: { ...receipt, bytes: receipt.bytes * 2n },
      })),
    );
    const root = present(receiptListRoot(forged, sha256), 'root of the receipts');
    if (forged.length > 0) receipts.set(toHex(root), forged);
    return {
      ...entry,
      slots: entry.slots.map((bytes) => bytes * 2n),
      attested: entry.attested * 2n,
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

/**
 * A control plane that passes everything on but doubles the counters, and signs them anew with the edge's own key:
 * a meter that is wrong consistently, which no comparison of counters and reports can show.
 */
export async function startDoublingControl(
  control: string,
  operator: Signer,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void (async () => {
      const upstream = await fetch(new URL(request.url ?? '/', control));
      let body = new Uint8Array(await upstream.arrayBuffer());
      const counter = (request.url ?? '').startsWith('/v1/counters/') ? decodeCounter(body) : undefined;
      if (counter !== undefined) {
        const doubled = { ...counter, bytes: counter.bytes * 2n, hourBytes: counter.hourBytes * 2n };
        body = new Uint8Array(
          encodeCounter(await signCounter(doubled, (message) => signEvidence(operator, message))),
        );
      }
      response.writeHead(upstream.status, { 'Content-Length': body.length });
      response.end(body);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('the control plane has no port');
  return {
    url: `http://127.0.0.1:${at.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A 32-byte root that is not of anything. */
export const NO_ROOT: Uint8Array = present(fromHex('07'.repeat(32), 32), 'root');
