import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong with a page as it is now, a line each. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  // By the browser's own protocol, as extensions do: pages' policies take no script from elsewhere.
  await page.evaluate(SOURCE);
  const { violations } = await page.evaluate<AxeResults, undefined>(
    'axe.run(document, { resultTypes: ["violations"] })',
    undefined,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}
