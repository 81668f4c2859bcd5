import type { Page } from 'playwright-core';

const LOOK_MS = 50;

/** Whether an expression becomes true in a page within that time. */
export async function comesTo(page: Page, what: string, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; !(await page.evaluate<unknown>(what));) {
    if (Date.now() > end) return false;
    await page.waitForTimeout(LOOK_MS);
  }
  return true;
}
