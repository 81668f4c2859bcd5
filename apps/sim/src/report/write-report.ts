import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Economy } from '../economy.ts';
import type { DayRow } from '../play.ts';
import { reportPage } from './page.ts';

const PAGE = 'index.html';

function csv(rows: readonly (readonly (string | number | bigint)[])[]): string {
  return rows.map((row) => `${row.map(String).join(',')}\n`).join('');
}

/** Figures by day, amounts in base units. */
function daysCsv({ honest }: Economy): string {
  const pools = honest.pools.map(({ name }) => name.toLowerCase());
  const columns: readonly (readonly [head: string, value: (row: DayRow) => string | number | bigint])[] = [
    ['day', (row) => row.day],
    ['supply', (row) => row.supply],
    ['burned', (row) => row.burned],
    ['charged', (row) => row.charged],
    ['kept', (row) => row.kept],
    ['late', (row) => row.late],
    ['rewards', (row) => row.rewards],
    ['claimed', (row) => row.claimed],
    ['edge_rewards', (row) => row.edgeRewards],
    ['guard_rewards', (row) => row.guardRewards],
    ['fund', (row) => row.fund],
    ['billed_bytes', (row) => row.billed],
    ['price_usd', (row) => row.price],
    ...pools.map((name, index) => [`${name}_price`, (row: DayRow) => row.poolPrices[index] ?? 0] as const),
    ...pools.map((name, index) => [`${name}_media`, (row: DayRow) => row.depths[index] ?? 0n] as const),
    ...honest.publishers.map(
      (name, of) => [`${name}_quota_kbps`, (row: DayRow) => row.quotas[of] ?? 0] as const,
    ),
    ...honest.publishers.map((name, of) => [`${name}_p95_kbps`, (row: DayRow) => row.p95[of] ?? 0] as const),
  ];
  const head = columns.map(([name]) => name);
  const rows = honest.rows.map((row) => columns.map(([, value]) => value(row)));
  return csv([head, ...rows]);
}

function attacksCsv({ attacks, attackDays }: Economy): string {
  return csv([
    [
      'attack',
      'share_percent',
      'days',
      'profit',
      'honest_money',
      'network_rewards',
      'undecided_hours',
      'supply_holds',
    ],
    ...attacks.map((each) => [
      each.name,
      each.share,
      attackDays,
      each.profit,
      each.honest,
      each.rewards,
      each.undecided,
      String(each.supplyHolds),
    ]),
  ]);
}

/** Writes the report into a folder, which is made where it is not there; the path of the page. */
export async function writeReport(economy: Economy, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const page = join(folder, PAGE);
  await writeFile(page, reportPage(economy));
  await writeFile(join(folder, 'days.csv'), daysCsv(economy));
  await writeFile(join(folder, 'attacks.csv'), attacksCsv(economy));
  return page;
}
