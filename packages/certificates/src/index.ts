export { checkedPair, covers, factsOf, pairText, readPair, wildcardOf } from './certificate-pair.ts';
export type { CertificateFacts, CertificatePair } from './certificate-pair.ts';
export { createContexts } from './contexts.ts';
export type { Contexts } from './contexts.ts';
export { LEAF_DAYS, localRootFile, openLocalAuthority } from './local-authority.ts';
export type { LocalAuthority } from './local-authority.ts';
export { fileNameOf, openPairStore } from './pair-store.ts';
export type { PairStore } from './pair-store.ts';
