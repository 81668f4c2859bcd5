/** Writes the tables of `docs/governance.md`; with `--check` says whether they are up to date (exit code 1 if not). */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { ACTIONS, PARAMETERS } from '../src/schema/index.ts';
import type { ActionSchema, Holds, Parameter } from '../src/schema/index.ts';
import { writeOrCheck } from './write-or-check.ts';

/** From when a change holds. */
const HOLDS: Readonly<Record<Holds, string>> = {
  week: 'the next week (the one after, where its set is there already)',
  once: 'at once',
  refresh: "when a resource's quota is computed next",
  proposals: 'proposals made from then on',
  joins: 'what registers or joins from then on',
  sample: 'the next sample',
};
/** What a new network has (`apps/devnet/src/periods.ts`, the whitepaper's). */
const DEFAULTS: Readonly<Record<string, string>> = {
  feePerGb: '2,000,000',
  quotaKbpsPerMedia: '1,000',
  burstTimes: '10',
  dustBytes: '1,048,576',
  poolFeeBps: '25',
  buybackBps: '10',
  buybackSecs: '60',
  buybackSpotBps: '100',
  votingSecs: '259,200 (3 days)',
  timelockSecs: '259,200 (3 days)',
  seasoningSecs: '1,209,600 (14 days)',
  quorumVotes: '1,000,000 MEDIA',
  depositQuote: '10,000,000,000 (10,000 USDC)',
  depositFloor: '200 MEDIA',
  depositCeiling: '20,000 MEDIA',
  minGuards: '3',
  maxGuards: '21',
  minGuardStake: '1,000 MEDIA',
  guardShareBps: '2,000',
  openYieldBps: '900',
  rewardBoostBps: '0',
  rewardBudget: '0',
  minEdgeStake: '25 MEDIA',
  minPoolMedia: '5,000 MEDIA',
  domainStake: '25 MEDIA',
  domainNoticeHours: '168',
  electionBond: '25 MEDIA (`minEdgeStake`)',
  slashElectorBps: '2,000',
};
const MEDIA = 1_000_000_000n;

function bound(value: bigint, unit: string): string {
  const isMedia = unit.includes('MEDIA base units') && !unit.includes('for');
  return isMedia && value >= MEDIA && value % MEDIA === 0n
    ? `${(value / MEDIA).toLocaleString('en')} MEDIA`
    : value.toLocaleString('en');
}

function parameterRows(): string[] {
  return Object.entries<Readonly<Record<string, Parameter>>>(PARAMETERS).flatMap(([kind, table]) =>
    Object.entries(table).map(([name, { min, max, unit, doc, holds, gradual }]) => {
      const bounds = `${bound(min, unit)} … ${bound(max, unit)}${gradual === true ? ', ½ to 2 times' : ''}`;
      const cells = [kind, `\`${name}\``, unit, bounds, DEFAULTS[name] ?? '', HOLDS[holds], doc];
      return `| ${cells.join(' | ')} |`;
    }),
  );
}

function kindRows(): string[] {
  return Object.entries<ActionSchema>(ACTIONS)
    .sort(([, a], [, b]) => a.kind - b.kind)
    .map(([name, { kind, title, doc, fields }]) => {
      const shown = Object.keys(fields).filter((field) => field !== 'mask');
      return `| ${kind} | ${title} | \`${name}\` | ${shown.map((field) => `\`${field}\``).join(', ')} | ${doc} |`;
    });
}

const path = fileURLToPath(new URL('../../../docs/governance.md', import.meta.url));
const blocks: Readonly<Record<string, readonly string[]>> = {
  kinds: ['| no | whitepaper §6.1 | kind | fields | effect |', '|---:|---|---|---|---|', ...kindRows()],
  parameters: [
    '| kind | parameter | unit | bounds | default | a change holds for | what it is |',
    '|---|---|---|---|---|---|---|',
    ...parameterRows(),
  ],
};
let page = await readFile(path, 'utf8');
for (const [name, lines] of Object.entries(blocks)) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} has no place for ${name}`);
  page = `${page.slice(0, from + begin.length)}\n\n${lines.join('\n')}\n\n${page.slice(to)}`;
}
await writeOrCheck(path, page, 'node packages/chain/scripts/governance.ts');
