import { mulDiv } from './integer.ts';

/** Terms of an hour, copied into its account (docs/chain.md). */
export interface HourTerms {
  /** MEDIA base units for 10⁹ bytes. */
  readonly feePerGb: bigint;
  /** A resource with less in an hour is not billed. */
  readonly dustBytes: bigint;
  /** Most that open bytes may earn on a stake in a year, in hundredths of a percent. */
  readonly openYieldBps: number;
  readonly guardShareBps: number;
}

const YEAR_SECS = 31_536_000n;

/**
 * Most open bytes that an edge is credited in an hour, over all resources: what nobody signed for never earns more
 * than `openYieldBps` a year on its stake, so that claiming it falsely never beats the stake's price. Undefined: no cap,
 * since the bytes earn nothing. Edges get half of a fee at most, hence the 2.
 */
export function yieldCapBytes(
  terms: Pick<HourTerms, 'feePerGb' | 'openYieldBps' | 'guardShareBps'>,
  worth: bigint,
  hourSecs: bigint,
): bigint | undefined {
  const edgeShareBps = 10_000n - BigInt(terms.guardShareBps);
  if (terms.feePerGb === 0n || edgeShareBps <= 0n) return undefined;
  return (
    (worth * BigInt(terms.openYieldBps) * hourSecs * 1_000_000_000n * 2n) /
    (YEAR_SECS * terms.feePerGb * edgeShareBps)
  );
}

/** What an edge's part of a resource's allowance depends on. */
export interface OpenShare {
  /** Open bytes that the publisher pays for in the hour. */
  readonly allowance: bigint;
  /** The table's vouched bytes of the resource at this edge, and at all edges. */
  readonly vouchedHere: bigint;
  readonly vouchedAll: bigint;
  /** Worth of this edge's stake, and of all edges that report the resource in full. */
  readonly worthHere: bigint;
  readonly worthAll: bigint;
}

/**
 * What one edge may be credited of a resource's open bytes in an hour: ⌊A · (v + A·s) / (V + A)⌋ with s its part of
 * the stake. One vouched byte moves nothing, much history decides.
 */
export function openAllowance(share: OpenShare): bigint {
  const { allowance, vouchedHere, vouchedAll, worthHere, worthAll } = share;
  if (allowance === 0n) return 0n;
  // Without any stake only history speaks.
  const [part, whole] = worthAll === 0n ? [0n, 1n] : [worthHere, worthAll];
  return mulDiv(allowance, vouchedHere * whole + allowance * part, (vouchedAll + allowance) * whole);
}
