/** A copy in random order. `random` is from 0 up to 1. For short lists: it is quadratic. */
export function inRandomOrder<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  const order: T[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(random() * left.length), 1));
  return order;
}
