/** Long enough that a scheduler has had everybody's turn several times. */
const MEASURE_MS = 400;

/** With this much of a processor a network keeps windows of ten seconds. */
const ENOUGH = 0.4;
/** Hours of two minutes: a check of half an hour. A machine that gives less than this is no place for one. */
const MAX_SAMPLE_SECS = 10;

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
  return share >= ENOUGH ? 1 : Math.min(MAX_SAMPLE_SECS, Math.ceil(ENOUGH / share));
}
