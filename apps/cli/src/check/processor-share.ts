/** Long enough that a scheduler has had everybody's turn several times. */
const MEASURE_MS = 400;

/** What part of a processor this process gets when it wants one whole, from 0 to 1. Keeps the process busy for a moment. */
export function processorShare(): number {
  const before = process.cpuUsage();
  const began = performance.now();
  while (performance.now() - began < MEASURE_MS);
  const { user, system } = process.cpuUsage(before);
  return Math.min(1, (user + system) / 1_000 / (performance.now() - began));
}

/**
 * Seconds of a sample on an embedded chain. Its hours are so short that a machine which gives a network a tenth of a
 * processor misses windows in which guards have minutes in life; there, everything takes longer.
 */
export function sampleSecsFor(share: number): number {
  if (share >= 0.4) return 1;
  return share >= 0.2 ? 2 : 3;
}
