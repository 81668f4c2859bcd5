/**
 * Whose turn a shared task is: place 0 acts at once, the next ones only if it is still undone later. Places
 * follow the sorted numbers of the set, so that gaps in them do not make two guards move together.
 */
export function placeOf(numbers: readonly number[], no: number, turn: bigint): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = sorted.indexOf(no);
  if (at < 0) return undefined;
  return Number((BigInt(at) + turn) % BigInt(sorted.length));
}

/** Whether a guard may act on what has been open since `since`, when each place waits `stepSecs` longer than the one before. */
export function isMyTurn(
  numbers: readonly number[],
  no: number,
  turn: bigint,
  waited: { readonly now: bigint; readonly since: bigint; readonly stepSecs: bigint },
): boolean {
  const place = placeOf(numbers, no, turn);
  return place !== undefined && waited.now >= waited.since + BigInt(place) * waited.stepSecs;
}
