/** Writes `docs/compute-units.md`; with `--check` says whether it is up to date (exit code 1 if not). */
import { fileURLToPath } from 'node:url';

import { computeUnits } from '../src/program-world/compute-units.ts';
import { worstCases } from '../src/program-world/worst-cases.ts';
import { RECORD_LEAVES, UPGRADE_SLICE } from '../src/schema/index.ts';
import { writeOrCheck } from './write-or-check.ts';

const figure = (units: number): string => units.toLocaleString('en');
const units = await computeUnits();
const rows = Object.entries(units).map(([name, each]) => `| ${name} | ${figure(each)} |`);
const worst = (await worstCases()).map(
  (each) =>
    `| ${each.instruction} | ${each.what} | ${figure(units[each.instruction])} | ${figure(each.units)} |`,
);

await writeOrCheck(
  fileURLToPath(new URL('../../../docs/compute-units.md', import.meta.url)),
  `# Compute units

What each instruction takes in the Solana VM: the most of its occurrences in the story that
\`packages/chain/src/program-world/story.ts\` tells (searching an address that does not exist yet costs 1,500 units a
try, so the same instruction can take a few thousand more elsewhere). A transaction may take 1,400,000. Made by
\`node packages/chain/scripts/compute-units.ts\`; \`media program cu\` prints this table.

| instruction | compute units |
|---|---:|
${rows.join('\n')}

## Worst cases

What the largest set, the longest proof and the fullest hour make of them
(\`packages/chain/src/program-world/worst-cases.ts\`). A recorded leaf here has numbers of ten bytes, a ring that is
zeroed as a whole, and 510 hours to clear. All but genesis and createPool, which run once a network and once a pool, stay
within 40,000 (\`packages/chain/test/compute-units.test.ts\`). A record takes ${RECORD_LEAVES} leaves at most (\`TooManyLeaves\`); with large numbers three to five are
what a transaction has room for. An upgrade is hashed by slices of ${UPGRADE_SLICE} bytes, each by a \`checkUpgrade\`.

| instruction | with | in the story | compute units |
|---|---|---:|---:|
${worst.join('\n')}
`,
  'node packages/chain/scripts/compute-units.ts',
);
