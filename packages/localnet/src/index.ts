export { createLocalnet } from './localnet.ts';
export type { Localnet, LocalnetDeps, LocalnetOptions, LocalnetStats } from './localnet.ts';
export type { GenesisProgram } from './genesis.ts';
export type { AppendFile, OpenAppendFile } from './ledger/files.ts';
export type { AccountChange, StoredAccount } from './svm/account.ts';
