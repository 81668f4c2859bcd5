import type { Rules } from './rules.ts';

/** An edge as the chain has it. */
export interface EdgeFacts {
  /** Its account. */
  readonly address: string;
  /** Empty where it says none. */
  readonly region: string;
}

/** Whether a publisher has picked an edge: any that a rule names, and all where no rule names any. */
export function isPicked(rules: Pick<Rules, 'regions' | 'edges'>, edge: EdgeFacts): boolean {
  if (rules.regions.length === 0 && rules.edges.length === 0) return true;
  return (
    rules.regions.some(({ regions }) => regions.includes(edge.region)) ||
    rules.edges.some(({ edges }) => edges.includes(edge.address))
  );
}
