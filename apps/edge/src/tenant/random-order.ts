/** A copy in random order (Fisher–Yates). `random` is from 0 up to 1. */
export function inRandomOrder<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const [a, b] = [order[last], order[other]];
    // Both indices are within the array; undefined can only be an element that is undefined itself.
    order[last] = b as T;
    order[other] = a as T;
  }
  return order;
}
