import { ATTACKS } from '../attacks/index.ts';
import { isLoss } from '../economy.ts';
import type { AttackOutcome, Economy } from '../economy.ts';
import type { DayRow } from '../play.ts';
import { escapeHtml, lineChart, shortNumber } from './chart.ts';
import type { Chart } from './chart.ts';

const STYLE = `
:root { color-scheme: light dark; --back: #fdfdfc; --card: #fff; --ink: #1d1f23; --soft: #5c6169; --rule: #dfe1e4; --good: #17703c; --bad: #b3261e;
  --c1: #2563c9; --c2: #c2570c; --c3: #1a7f4b; --c4: #8b3fb8; --c5: #b0296b; --c6: #5f6b13; }
@media (prefers-color-scheme: dark) { :root { --back: #15171a; --card: #1d2024; --ink: #e8e9eb; --soft: #a2a8b0; --rule: #363b42; --good: #6fd197; --bad: #ff8a80;
  --c1: #7cabff; --c2: #ff9f57; --c3: #63d197; --c4: #cf9bf2; --c5: #ff8fc0; --c6: #c5d25c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 16px; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p, .hint { max-width: 75ch; } .hint, small { color: var(--soft); font-size: .875rem; font-weight: 400; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 1rem 0; }
dl div, figure { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px; margin: 0; }
dt { color: var(--soft); font-size: .875rem; } dd { margin: 0; font-size: 1.2rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 12px; }
figure { display: flex; flex-direction: column; } figcaption { font-weight: 600; } svg { display: block; width: 100%; height: auto; margin-top: auto; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 4px 0 6px; padding: 0; font-size: .875rem; }
.legend i { display: inline-block; width: 14px; height: 3px; border-radius: 2px; margin-right: 6px; vertical-align: middle; }
.legend b { font-weight: 500; color: var(--soft); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--rule); stroke-width: 1; } .tick { fill: var(--soft); font-size: 11px; } .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
${[1, 2, 3, 4, 5, 6].map((n) => `.line.c${n} { stroke: var(--c${n}); } i.c${n} { background: var(--c${n}); }`).join('\n')}
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9375rem; }
th, td { padding: 6px 10px; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; }
tbody tr:not(.doc) > * { border-bottom: 0; padding-bottom: 0; font-weight: 500; } .doc td { padding-top: 0; color: var(--soft); font-size: .875rem; }
@media (max-width: 480px) { th, td { padding: 4px; } table, .doc td { font-size: .8125rem; } }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
`;

const media = (amount: bigint): number => Number(amount) / 1e9;

/** An amount of MEDIA with its sign, to the first digits that tell something. */
export function signedMedia(amount: bigint): string {
  const value = media(amount < 0n ? -amount : amount);
  const sign = amount < 0n ? '−' : amount > 0n ? '+' : '';
  if (value >= 1_000) return `${sign}${Math.round(value).toLocaleString('en')}`;
  if (value >= 0.01 || value === 0) return `${sign}${value.toFixed(2)}`;
  return value < 0.0001 ? `${sign}${value.toExponential(0)}` : `${sign}${value.toFixed(4)}`;
}

function charts(economy: Economy): readonly Chart[] {
  const { rows, publishers, pools } = economy.honest;
  const days = rows.map(({ day }) => day);
  const line = (name: string, of: (row: DayRow) => number) => ({ name, values: rows.map(of) });
  const [first] = pools;
  return [
    {
      title: 'Burned',
      unit: 'MEDIA',
      days,
      fromZero: true,
      lines: [line('burned so far', (row) => media(row.burned))],
    },
    {
      title: 'Fees and what they bring',
      unit: 'MEDIA so far',
      days,
      fromZero: true,
      lines: [
        line('fees covered', (row) => media(row.charged)),
        line('kept for rewards', (row) => media(row.kept)),
        line('claimed', (row) => media(row.claimed)),
      ],
    },
    {
      title: 'Rewards',
      unit: 'MEDIA so far',
      days,
      fromZero: true,
      lines: [
        line('edges', (row) => media(row.edgeRewards)),
        line('guards', (row) => media(row.guardRewards)),
      ],
    },
    {
      title: 'Price',
      unit: 'dollars for a MEDIA',
      days,
      lines: [
        line('outside', (row) => row.price),
        line(`in the ${first?.name ?? ''} pool`, (row) => row.poolPrices[0] ?? 0),
      ],
    },
    {
      title: 'Depth of pools',
      unit: 'MEDIA',
      days,
      fromZero: true,
      lines: pools.map(({ name }, index) => line(name, (row) => media(row.depths[index] ?? 0n))),
    },
    {
      title: 'Billed',
      unit: 'terabytes a day',
      days,
      fromZero: true,
      lines: [line('all resources', (row) => Number(row.billed) / 1e12)],
    },
    ...publishers.map((name, of): Chart => ({
      title: `Quota: ${name}`,
      unit: 'Mbit/s',
      days,
      fromZero: true,
      lines: [
        line('quota', (row) => (row.quotas[of] ?? 0) / 1_000),
        ...(rows.some((row) => (row.p95[of] ?? 0) > 0)
          ? [line('95th percentile, last month', (row) => (row.p95[of] ?? 0) / 1_000)]
          : []),
      ],
    })),
  ];
}

function attackTable(outcomes: readonly AttackOutcome[]): string {
  const shares = [...new Set(outcomes.map(({ share }) => share))].toSorted((a, b) => a - b);
  const names = [...new Set(outcomes.map(({ name }) => name))];
  const rows = names.map((name) => {
    const attack = ATTACKS.find((each) => each.name === name);
    const cells = shares.map((share) => {
      const found = outcomes.find((each) => each.name === name && each.share === share);
      if (found === undefined) return '<td>–</td>';
      return `<td class="${isLoss(found) ? 'good' : 'bad'}">${signedMedia(found.profit)}</td>`;
    });
    const doc = `Of the ${attack?.of ?? 'network'}. ${attack?.doc ?? ''}`;
    return (
      `<tr><th scope="row">${escapeHtml(name)}</th>${cells.join('')}</tr>` +
      `<tr class="doc"><td colspan="${shares.length + 1}">${escapeHtml(doc)}</td></tr>`
    );
  });
  const heads = shares.map((share) => `<th scope="col">${share} %</th>`).join('');
  return `<div class="scroll" tabindex="0" role="region" aria-label="Profit of each attack"><table><thead><tr><th scope="col">attack</th>${heads}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function figures(economy: Economy): string {
  const { honest, supplyHolds } = economy;
  const list: readonly (readonly [string, string])[] = [
    ['Supply + burned = 10,000,000', supplyHolds ? 'at every step' : 'does not hold'],
    ['Supply', Math.floor(media(honest.rows.at(-1)?.supply ?? 0n)).toLocaleString('en')],
    ['Burned', shortNumber(media(honest.burned))],
    ['Kept of fees', shortNumber(media(honest.kept))],
    ['Rewards', shortNumber(media(honest.rewards))],
    ['Weeks paid', String(honest.paidWeeks)],
    ['Instructions of the program', honest.instructions.toLocaleString('en')],
  ];
  return `<dl>${list.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
}

/** The report as one page that needs nothing else. */
export function reportPage(economy: Economy): string {
  const { days, attackDays, seed, attacks } = economy;
  const losing = attacks.filter(isLoss).length;
  const verdict =
    attacks.length === 0
      ? ''
      : losing === attacks.length
        ? `<p>${attacks.length === 1 ? 'The attack leaves' : `All ${attacks.length} attacks leave`} the attackers poorer than behaving.</p>`
        : `<p class="bad">${attacks.length - losing} of ${attacks.length} attacks cost the attackers nothing.</p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>The economy over ${days} days</title><style>${STYLE}</style></head><body><main>
<h1>The economy over ${days} days</h1>
<p class="hint">Simulated with the program in the Solana VM, seed ${seed}. All amounts are in MEDIA. Viewers stop a day before the end, so that all is decided, charged and paid by then.</p>
${figures(economy)}${verdict}
<h2>Everybody behaves</h2><div class="charts">${charts(economy).map(lineChart).join('\n')}</div>
${
  attacks.length === 0
    ? ''
    : `<h2>Attacks, ${attackDays} days each</h2>
<p class="hint">What attackers have at the end more than the same wallets have that behaved, with the same capital, prices and random numbers. LP is counted at fair value, and less what locked stake would have earned elsewhere.</p>
${attackTable(attacks)}`
}
</main></body></html>
`;
}
