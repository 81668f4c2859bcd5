export { ATTACKS } from './attacks/index.ts';
export type { Attack } from './attacks/attack.ts';
export { DEFAULT_SHARES, isLoss, planEconomy, summaryOf } from './economy.ts';
export type { AttackOutcome, Economy, Job, Plan } from './economy.ts';
export { runEconomy } from './run-economy.ts';
export type { RunOptions } from './run-economy.ts';
export { signedMedia } from './report/page.ts';
export { writeReport } from './report/write-report.ts';
