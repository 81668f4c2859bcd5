/** What was made for a key before, or is being made; else what `make` makes, kept as one of the newest `most`. What fails is made anew by who asks next. */
export function remember<K, T>(
  map: Map<K, Promise<T>>,
  most: number,
  key: K,
  make: () => Promise<T>,
): Promise<T> {
  const before = map.get(key);
  if (before !== undefined) return before;
  const made = make();
  map.set(key, made);
  made.catch(() => map.delete(key));
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
  return made;
}
