/** Writes `docs/compute-units.md`; with `--check` says whether it is up to date (exit code 1 if not). */
import { fileURLToPath } from 'node:url';

import { computeUnits } from '../src/program-world/compute-units.ts';
import { writeOrCheck } from './write-or-check.ts';

const units = await computeUnits();
const rows = Object.entries(units).map(([name, each]) => `| ${name} | ${each.toLocaleString('en')} |`);

await writeOrCheck(
  fileURLToPath(new URL('../../../docs/compute-units.md', import.meta.url)),
  `# Compute units

What each instruction takes in the Solana VM: the most of its occurrences in the story that
\`packages/chain/src/program-world/story.ts\` tells (searching an address that does not exist yet costs 1,500 units a
try, so the same instruction can take a few thousand more elsewhere). A transaction may take 1,400,000. Made by
\`node packages/chain/scripts/compute-units.ts\`; \`media program cu\` prints the same.

| instruction | compute units |
|---|---:|
${rows.join('\n')}
`,
  'node packages/chain/scripts/compute-units.ts',
);
