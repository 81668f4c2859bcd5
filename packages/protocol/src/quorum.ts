/** More than two thirds of a week's set (docs/chain.md, Quorum). */
export function isQuorum(votes: number, count: number): boolean {
  return 3 * votes > 2 * count;
}

/** Whether one side can still reach the quorum, given how many have voted otherwise. */
export function canReachQuorum(against: number, count: number): boolean {
  return isQuorum(count - against, count);
}

/** More than half. */
export function isMajority(votes: number, count: number): boolean {
  return 2 * votes > count;
}
