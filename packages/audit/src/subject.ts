import type { MediaClient } from '@media-network/chain';
import type { Sha256 } from '@media-network/protocol';

import type { Blobs } from './blobs.ts';

/** What an audit reads: the chain, published evidence, and a hash. Nothing else is trusted. */
export interface AuditDeps {
  readonly client: MediaClient;
  readonly blobs: Blobs;
  readonly sha256: Sha256;
}

/** A figure on chain that the evidence does not give. */
export interface Difference {
  readonly what: string;
  readonly onChain: string;
  readonly recomputed: string;
}

/**
 * `agrees` is false only when the evidence contradicts the chain. What could not be looked at (evidence
 * that nobody serves any more) is in `unknown`: never counted as agreement, never as guilt.
 */
export interface Audit<Figures> {
  readonly agrees: boolean;
  readonly differences: readonly Difference[];
  readonly unknown: readonly string[];
  readonly figures: Figures;
}

export interface Findings {
  compare(what: string, onChain: bigint | number | string, recomputed: bigint | number | string): void;
  differ(what: string, onChain: string, recomputed: string): void;
  cannotTell(what: string): void;
  result<Figures>(figures: Figures): Audit<Figures>;
}

export function createFindings(): Findings {
  const differences: Difference[] = [];
  const unknown: string[] = [];
  const differ = (what: string, onChain: string, recomputed: string): void => {
    differences.push({ what, onChain, recomputed });
  };
  return {
    differ,
    compare(what, onChain, recomputed) {
      if (String(onChain) !== String(recomputed)) differ(what, String(onChain), String(recomputed));
    },
    cannotTell(what) {
      unknown.push(what);
    },
    result: (figures) => ({ agrees: differences.length === 0, differences, unknown, figures }),
  };
}
