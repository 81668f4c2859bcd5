import { addressOf } from './address.ts';
import { NO_VOUCHING_KEY } from './token.ts';

/** What a publisher agrees to from an hour on; a resource account has a list of them, oldest first. */
export interface TermsRow {
  readonly from: bigint;
  readonly allowance: bigint;
  /** Ed25519 public key, 32 bytes; zero for none. */
  readonly vouchKey: Uint8Array;
}

/** Hours h with from ≤ h < until in which a resource is active. */
export interface Span {
  readonly from: bigint;
  readonly until: bigint;
}

/** What a publisher pays for in an hour. */
export interface ResourceTerms {
  /** Open bytes an hour, at most. */
  readonly allowance: bigint;
  /** An address; undefined when the resource has none: nothing of it is vouched. */
  readonly vouchingKey: string | undefined;
}

/** Whether a resource is active in an hour: served, billed and paid for. A decoded resource account fits. */
export function activeIn(resource: { readonly spans: readonly Span[] }, hour: bigint): boolean {
  return resource.spans.some(({ from, until }) => from <= hour && hour < until);
}

/** The terms that hold in an hour: the last row in use with `from` ≤ hour. Nothing is allowed before the first. */
export function termsOf(
  resource: { readonly terms: readonly TermsRow[]; readonly termsCount: number },
  hour: bigint,
): ResourceTerms {
  const row = resource.terms.slice(0, resource.termsCount).findLast(({ from }) => from <= hour);
  if (row === undefined) return { allowance: 0n, vouchingKey: undefined };
  const key = addressOf(row.vouchKey);
  return { allowance: row.allowance, vouchingKey: key === NO_VOUCHING_KEY ? undefined : key };
}

/** Who signs for an edge or a guard in an hour. A decoded node account fits. */
export function operatorIn(
  node: { readonly operator: string; readonly previousOperator: string; readonly operatorFrom: bigint },
  hour: bigint,
): string {
  return hour >= node.operatorFrom ? node.operator : node.previousOperator;
}
