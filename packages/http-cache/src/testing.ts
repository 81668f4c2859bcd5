export { describeCacheStore } from './store-suite.ts';
export type { SuiteStore } from './store-suite.ts';
