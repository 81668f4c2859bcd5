/** A request's life (docs/request-phases.md). Code, logs and metrics use these names and no others. */
export const PHASES = [
  'accept',
  'identify',
  'admit',
  'permit',
  'look-up',
  'hit',
  'revalidate',
  'fetch',
  'tunnel',
  'deliver',
  'account',
] as const;
export type Phase = (typeof PHASES)[number];

/**
 * How a request ended. `hit`: from the cache. `stale`: from the cache though no longer fresh.
 * `revalidated`: from the cache after the origin's 304. `miss`: fetched and kept. `pass`: fetched and not
 * kept. `collapsed`: from somebody else's fetch. `tunnel`: a WebSocket, put through. `refused`: answered by the edge itself.
 * `ruled`: answered by a rule of the publisher's: a redirect, a preflight, or a page of its own in place of a refusal. `origin-failed`: 502 or 504. `own`: an
 * endpoint of the edge. `cut`: the response could not be completed.
 */
export const OUTCOMES = [
  'hit',
  'stale',
  'revalidated',
  'miss',
  'pass',
  'collapsed',
  'tunnel',
  'refused',
  'ruled',
  'origin-failed',
  'own',
  'cut',
] as const;
export type Outcome = (typeof OUTCOMES)[number];
