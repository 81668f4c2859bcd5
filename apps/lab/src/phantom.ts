import type { ControlOverride } from '@media-network/edge';
import { ROLE } from '@media-network/chain/schema';
import {
  askOpen,
  buildReport,
  hourSecs,
  sortEntries,
  sumSlots,
  toHex,
  weekOfHour,
  yieldCapBytes,
} from '@media-network/protocol';
import type { Entry } from '@media-network/protocol';
import { sha256 } from './acts.ts';
import type { Stage } from './stage.ts';

/** Reports that no meter is behind, with the evidence that they name. */
export interface Phantom {
  /** Serves the entries of what was reported; everything else as an honest control plane does. */
  readonly control: ControlOverride;
  /** Reports these entries for the hour that has just ended, in the name of an edge of the stage. */
  report(stage: Stage, wallet: string, entries: readonly Entry[]): Promise<void>;
}

export function createPhantom(): Phantom {
  const blobs = new Map<string, Uint8Array>();
  return {
    async control(request, honest) {
      const root = /^\/v1\/entries\/([0-9a-f]{64})$/.exec(request.path)?.[1];
      const blob = root === undefined ? undefined : blobs.get(root);
      return blob === undefined ? honest() : { status: 200, type: 'application/octet-stream', body: blob };
    },
    async report(stage, wallet, entries) {
      const hour = (await stage.hour()) - 1n;
      const operator = await stage.signer(wallet);
      const { client, pool } = stage;
      const worth = (await client.edge(operator.address))?.worth ?? 0n;
      // As much as an honest edge with its stake would ask for.
      const asks = askOpen(
        entries.map(({ slots }) => ({ bytes: sumSlots(slots), signed: 0n, likely: 0n })),
        yieldCapBytes(await client.config(), worth, hourSecs(stage.periods)),
      );
      const asking = entries.map((entry, i) => ({ ...entry, asked: asks[i] ?? 0n }));
      const { report, blob } = buildReport(hour, sortEntries(asking), sha256);
      blobs.set(toHex(report.root), blob);
      const submit = await client.instructions.submitReport({
        operator,
        edge: await client.addresses.edge(operator.address),
        stake: await client.addresses.stake(operator.address, pool, ROLE.edge),
        pool,
        week: weekOfHour(stage.periods, hour),
        ...report,
      });
      await client.send([submit], { payer: operator });
    },
  };
}
