import type { MediaClient } from '@media-network/chain';
import { HOUR_STATUS } from '@media-network/chain/schema';
import { hourAt, hourEnd, weekAt, weekEnd } from '@media-network/protocol';
import { dueOf } from '../resource/terms.ts';

/** What the chain says of time, reports and money. Money in base units. */
export interface MoneyFigures {
  readonly hour: bigint;
  readonly hourEndsInMs: number;
  readonly week: bigint;
  readonly weekEndsInMs: number;
  /** Reports of hours that are final, since the view began to look. */
  readonly settledReports: number;
  readonly settledBytes: bigint;
  /** Over all resources. */
  readonly charged: bigint;
  readonly due: bigint;
  readonly debt: bigint;
  readonly kept: bigint;
  readonly rewards: bigint;
  readonly claimed: bigint;
}

/** Hours that can still change. */
const HOURS_BACK = 4n;

/** Looks at the chain; remembers which hours it saw final. */
export function createMoneyReader(client: MediaClient): () => Promise<MoneyFigures> {
  const final = new Map<bigint, { readonly reports: number; readonly bytes: bigint }>();
  let settled = { reports: 0, bytes: 0n };
  return async () => {
    const [config, now, resources] = await Promise.all([
      client.config(),
      client.chainTime(),
      client.resources(),
    ]);
    const hour = hourAt(config, now);
    for (let each = hour > HOURS_BACK ? hour - HOURS_BACK : 0n; each < hour; each += 1n) {
      const account = await client.hour(each);
      if (account !== null && account.status === HOUR_STATUS.final)
        final.set(each, { reports: account.reports, bytes: account.reportedBytes });
    }
    for (const [each, { reports, bytes }] of final) {
      if (each + HOURS_BACK >= hour) continue;
      settled = { reports: settled.reports + reports, bytes: settled.bytes + bytes };
      final.delete(each);
    }
    const week = weekAt(config, now);
    const total = (pick: (resource: (typeof resources)[number]) => bigint): bigint =>
      resources.reduce((sum, resource) => sum + pick(resource), 0n);
    const open = [...final.values()];
    return {
      hour,
      hourEndsInMs: Number(hourEnd(config, hour) - now) * 1000,
      week,
      weekEndsInMs: Number(weekEnd(config, week) - now) * 1000,
      settledReports: settled.reports + open.reduce((sum, each) => sum + each.reports, 0),
      settledBytes: settled.bytes + open.reduce((sum, each) => sum + each.bytes, 0n),
      charged: total((each) => each.charged),
      due: total(dueOf),
      debt: total((each) => each.debt),
      kept: config.kept,
      rewards: config.allocated,
      claimed: config.claimed,
    };
  };
}
