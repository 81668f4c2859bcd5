/** A moment to the minute, for people, UTC: `2026-11-27 16:21`. Takes what `Date` takes, or whole seconds as a bigint. */
export function minuteOf(moment: string | number | bigint): string {
  const date = new Date(typeof moment === 'bigint' ? Number(moment) * 1_000 : moment);
  return date.toISOString().slice(0, 16).replace('T', ' ');
}
