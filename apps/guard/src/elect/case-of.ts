import { ed25519Data } from '@media-network/chain';
import type { Found } from '@media-network/chain';
import { EVIDENCE_KIND } from '@media-network/chain/schema';
import { operatorIn } from '@media-network/protocol';
import type { EvidenceFinding, SignedStatement } from '@media-network/protocol';
import { address } from '@solana/kit';
import type { Address } from '@solana/kit';

/** What an evidence file accuses a node of, as the program takes it. */
export interface Case {
  /** EVIDENCE_KIND. */
  readonly fault: number;
  readonly node: 'edge' | 'guard';
  readonly accused: Address;
  readonly hour: bigint;
  /** `election.number`. */
  readonly number: bigint;
  /** What the accused has signed; none for what guards saw themselves. */
  readonly signed: readonly SignedStatement[];
  /** Whether its report of the hour decides what falls. */
  readonly needsReport: boolean;
}

/** Undefined for a file that shows nothing. `electorNo` is the guard that elects with it. */
export function caseOf(finding: EvidenceFinding, electorNo: number): Case | undefined {
  if (finding.kind === 'invalid') return undefined;
  const { hour } = finding;
  if (finding.kind === 'unsigned') {
    const number = (hour << 32n) | BigInt(electorNo);
    return {
      fault: EVIDENCE_KIND.probes,
      node: 'edge',
      accused: address(finding.edge),
      hour,
      number,
      signed: [],
      needsReport: false,
    };
  }
  const { signed } = finding;
  switch (finding.fault) {
    case 'contradicting-views':
      return {
        fault: EVIDENCE_KIND.views,
        node: 'guard',
        accused: address(finding.guard),
        hour,
        number: hour,
        signed,
        needsReport: false,
      };
    case 'contradicting-counters':
    case 'report-above-counters': {
      const isReport = finding.fault === 'report-above-counters';
      return {
        fault: isReport ? EVIDENCE_KIND.overreport : EVIDENCE_KIND.counters,
        node: 'edge',
        accused: address(finding.edge),
        hour,
        number: hour,
        signed,
        needsReport: true,
      };
    }
    default:
      return undefined;
  }
}

/** Data of the Ed25519 instruction that shows it; undefined for what nobody has signed. */
export function shownBy(of: Case, accused: Found<'edge'> | Found<'guard'>): Uint8Array | undefined {
  if (of.signed.length === 0) return undefined;
  return ed25519Data(
    of.signed.map(({ message, signature, hour }) => ({
      key: address(operatorIn(accused, hour)),
      signature,
      message,
    })),
  );
}
