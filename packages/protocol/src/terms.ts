import { NO_VOUCHING_KEY } from './token.ts';

/** What holds for a resource from an hour on; a decoded resource account has four, unused ones are zero. */
export interface TermsRow {
  readonly from: bigint;
  readonly allowance: bigint;
  readonly vouchKey: string;
}

/** Hours h with from ≤ h < until in which a resource is active; unused ones are zero. */
export interface Span {
  readonly from: bigint;
  readonly until: bigint;
}

/** What a publisher pays for in an hour beyond what its tokens say. */
export interface ResourceTerms {
  /** Open bytes an hour, at most. */
  readonly allowance: bigint;
  /** Undefined when the resource has none: nothing of it is vouched. */
  readonly vouchingKey: string | undefined;
}

/** Whether a resource is active in an hour: served, billed and paid for. */
export function activeIn(resource: { readonly spans: readonly Span[] }, hour: bigint): boolean {
  return resource.spans.some(({ from, until }) => from <= hour && hour < until);
}

/** The terms that hold in an hour: the row with the newest `from` that is not after it. Nothing is allowed before the first. */
export function termsOf(resource: { readonly terms: readonly TermsRow[] }, hour: bigint): ResourceTerms {
  let best: TermsRow | undefined;
  for (const row of resource.terms) {
    // Of two equal ones the later in the list holds, so that an unused row never hides one from hour 0.
    const used = row.from > 0n || row.allowance > 0n || row.vouchKey !== NO_VOUCHING_KEY;
    if (used && row.from <= hour && (best === undefined || row.from >= best.from)) best = row;
  }
  if (best === undefined) return { allowance: 0n, vouchingKey: undefined };
  return {
    allowance: best.allowance,
    vouchingKey: best.vouchKey === NO_VOUCHING_KEY ? undefined : best.vouchKey,
  };
}

/** Who signs for a node in an hour; `previousOperator` is the zero address where there was none. */
export function operatorIn(
  node: { readonly operator: string; readonly previousOperator: string; readonly operatorFrom: bigint },
  hour: bigint,
): string {
  return hour >= node.operatorFrom || node.previousOperator === NO_VOUCHING_KEY
    ? node.operator
    : node.previousOperator;
}
