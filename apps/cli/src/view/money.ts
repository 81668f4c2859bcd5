import type { MediaClient } from '@media-network/chain';
import { hourAt, hourEnd, weekAt, weekEnd } from '@media-network/protocol';

/** What the chain says of time, reports and money. Money in base units. */
export interface MoneyFigures {
  readonly hour: bigint;
  readonly hourEndsInMs: number;
  readonly week: bigint;
  readonly weekEndsInMs: number;
  /** Reports confirmed since the view began to look. */
  readonly confirmed: number;
  readonly confirmedBytes: bigint;
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

/** Looks at the chain; remembers which reports it saw confirmed. */
export function createMoneyReader(client: MediaClient): () => Promise<MoneyFigures> {
  const confirmed = new Map<bigint, { readonly reports: number; readonly bytes: bigint }>();
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
      if (account !== null)
        confirmed.set(each, { reports: account.confirmed, bytes: account.confirmedBytes });
    }
    for (const [each, { reports, bytes }] of confirmed) {
      if (each + HOURS_BACK >= hour) continue;
      settled = { reports: settled.reports + reports, bytes: settled.bytes + bytes };
      confirmed.delete(each);
    }
    const week = weekAt(config, now);
    const total = (pick: (resource: (typeof resources)[number]) => bigint): bigint =>
      resources.reduce((sum, resource) => sum + pick(resource), 0n);
    const open = [...confirmed.values()];
    return {
      hour,
      hourEndsInMs: Number(hourEnd(config, hour) - now) * 1000,
      week,
      weekEndsInMs: Number(weekEnd(config, week) - now) * 1000,
      confirmed: settled.reports + open.reduce((sum, each) => sum + each.reports, 0),
      confirmedBytes: settled.bytes + open.reduce((sum, each) => sum + each.bytes, 0n),
      charged: total((each) => each.charged),
      due: total((each) => each.due),
      debt: total((each) => each.debt),
      kept: config.kept,
      rewards: config.allocated,
      claimed: config.claimed,
    };
  };
}
