import { address } from '@solana/kit';

/** Programs and sysvars of Solana that the network's program and this client use. */
export const PROGRAMS = {
  system: address('11111111111111111111111111111111'),
  token: address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'),
  ata: address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL'),
  computeBudget: address('ComputeBudget111111111111111111111111111111'),
  upgradeableLoader: address('BPFLoaderUpgradeab1e11111111111111111111111'),
} as const;

export const SYSVARS = {
  clock: address('SysvarC1ock11111111111111111111111111111111'),
  rent: address('SysvarRent111111111111111111111111111111111'),
} as const;
