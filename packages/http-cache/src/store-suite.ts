import type { CacheStore } from './store.ts';
export interface SuiteStore { readonly open: () => Promise<CacheStore> }
export function describeCacheStore(_name: string, _make: () => Promise<SuiteStore>): void {}
