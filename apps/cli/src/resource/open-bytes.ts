import { findHour } from '@media-network/audit';
import type { AuditDeps } from '@media-network/audit';
import { HOUR_STATUS } from '@media-network/chain/schema';
import { hourAt } from '@media-network/protocol';
import type { WeightRow } from '@media-network/protocol';

/** What a resource was credited at an edge lately, by who signed for it. */
export interface EdgeShare {
  readonly edge: string;
  readonly vouched: bigint;
  readonly open: bigint;
}

export interface OpenBytes {
  /** Fading over a week. */
  readonly vouched: bigint;
  readonly open: bigint;
  /** Edges whose part of the open bytes is far above their part of the vouched ones. */
  readonly unlike: readonly EdgeShare[];
}

/** An edge stands out with three times its part of the vouched bytes and five in a hundred of all open ones more. */
const TIMES = 3n;
const POINTS = 5n;
/** Hours looked back for one that is final. */
const HOURS_BACK = 48n;

/** Whether open bytes went where the viewers that are vouched for went (docs/evidence.md, The hour). */
export function compareOpen(rows: readonly Pick<WeightRow, 'edge' | 'vouched' | 'credited'>[]): OpenBytes {
  const edges = rows.map(({ edge, vouched, credited }) => ({
    edge,
    vouched,
    open: credited > vouched ? credited - vouched : 0n,
  }));
  const vouched = edges.reduce((sum, each) => sum + each.vouched, 0n);
  const open = edges.reduce((sum, each) => sum + each.open, 0n);
  // Without vouched bytes there is nothing to compare with.
  if (vouched === 0n || open === 0n) return { vouched, open, unlike: [] };
  const unlike = edges.filter((each) => {
    const expected = each.vouched * open;
    const points = (open * vouched * POINTS) / 100n;
    return each.open * vouched > TIMES * expected && each.open * vouched > expected + points;
  });
  return { vouched, open, unlike };
}

/** From the table of the newest final hour; undefined where there is none or nobody serves it. */
export async function readOpenBytes(deps: AuditDeps, resource: string): Promise<OpenBytes | undefined> {
  const { client } = deps;
  const [config, now] = await Promise.all([client.config(), client.chainTime()]);
  const current = hourAt(config, now);
  const from = current > HOURS_BACK ? current - HOURS_BACK : 0n;
  const addresses = await Promise.all(
    Array.from({ length: Number(current - from) }, (_, i) => client.addresses.hour(from + BigInt(i))),
  );
  const newest = (await client.accounts('hour', addresses)).findLast(
    (each) => each !== null && each.status === HOUR_STATUS.final,
  );
  if (newest === null || newest === undefined) return undefined;
  const hour = await findHour(deps, newest.root);
  return hour === undefined ? undefined : compareOpen(hour.table.filter((row) => row.resource === resource));
}
