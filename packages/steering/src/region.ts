/**
 * How far apart two regions are, by their names alone: 0 the same, 1 the same part of the world (what stands before the
 * first dash), 2 another. Operators name their regions themselves, in eight characters: `eu-west`, `us-east`.
 */
export function regionDistance(a: string, b: string): number {
  if (a === b) return 0;
  return partOf(a) === partOf(b) ? 1 : 2;
}

/** What operators also call a part of the world. */
const ALSO: Readonly<Record<string, string>> = {
  na: 'us',
  ca: 'us',
  asia: 'ap',
  au: 'ap',
  oc: 'ap',
  il: 'me',
  mx: 'us',
};

function partOf(region: string): string {
  const part = region.split('-', 1)[0] ?? '';
  return ALSO[part] ?? part;
}
