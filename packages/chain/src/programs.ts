import { address } from '@solana/kit';

/** Programs and sysvars of Solana that the network's program and this client use. */
export const PROGRAMS = {
  system: address('11111111111111111111111111111111'),
  token: address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'),
  ata: address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL'),
  computeBudget: address('ComputeBudget111111111111111111111111111111'),
  upgradeableLoader: address('BPFLoaderUpgradeab1e11111111111111111111111'),
  ed25519: address('Ed25519SigVerify111111111111111111111111111'),
} as const;

/** Mints that every chain has. */
export const MINTS = {
  /** SOL as a token; its accounts hold as many lamports as their amount says, and their rent. */
  wrappedSol: address('So11111111111111111111111111111111111111112'),
} as const;

export const SYSVARS = {
  clock: address('SysvarC1ock11111111111111111111111111111111'),
  rent: address('SysvarRent111111111111111111111111111111111'),
  instructions: address('Sysvar1nstructions1111111111111111111111111'),
} as const;

/** What the tables call a fixed address. */
export const FIXED = {
  system: PROGRAMS.system,
  token: PROGRAMS.token,
  ata: PROGRAMS.ata,
  instructions: SYSVARS.instructions,
} as const;
