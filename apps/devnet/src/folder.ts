// What a folder of a network holds and how it is read, without the network: commands that only look load no more.
export { readIfPresent, writeDurably } from '@media-network/runtime/durable-file';
export { freePorts } from './free-ports.ts';
export { LOCAL_PROGRAM_ID, PROGRAM_PATH } from './local-program.ts';
export { readNetworkFile, writeNetworkFile } from './network-file.ts';
export type { KeptPorts, NetworkFile } from './network-file.ts';
export { FAST_PARAMS, REAL_PARAMS } from './periods.ts';
export { regionBytes } from './region.ts';
export { scrypt } from './scrypt.ts';
export { ensureSecretFile, readSecretFile } from './secret-file.ts';
export { createWalletStore, readKeypairFile } from './wallet-store.ts';
export type { WalletStore } from './wallet-store.ts';
