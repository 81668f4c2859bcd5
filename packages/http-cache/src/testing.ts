export {
  anyRequest,
  bodyOf,
  describeCacheStore,
  gather,
  ownedKey,
  put,
  slices,
  testBody,
  testMeta,
} from './store-suite.ts';
export type { SuiteRunner, SuiteStore } from './store-suite.ts';
export { entryFile } from './entry-file.ts';
