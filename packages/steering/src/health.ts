/** What one guard saw: the edges that did not answer it. */
export interface HealthView {
  readonly guard: string;
  readonly down: ReadonlySet<string>;
}

/**
 * The edges to answer with, by more than half of the views: neither one guard with a broken line nor one that lies takes an
 * edge away or keeps one. Where all would be gone it is rather the guards that see nothing, and all stay: an answer without
 * addresses helps nobody.
 */
export function aliveByQuorum<Edge extends { readonly address: string }>(
  edges: readonly Edge[],
  views: readonly HealthView[],
): readonly Edge[] {
  const alive = edges.filter(
    ({ address }) => views.filter(({ down }) => down.has(address)).length * 2 <= views.length,
  );
  return alive.length === 0 ? edges : alive;
}
