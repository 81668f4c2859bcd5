/** Lower bound of Wilson's score interval (E. B. Wilson, 1927) for `hits` of `count`, `z` standard deviations away. */
export function wilsonLower(hits: number, count: number, z: number): number {
  if (count === 0) return 0;
  const share = hits / count;
  const square = (z * z) / count;
  const centre = share + square / 2;
  const margin = z * Math.sqrt((share * (1 - share)) / count + square / (4 * count));
  return Math.max(0, (centre - margin) / (1 + square));
}
