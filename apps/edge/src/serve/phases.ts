/** A request's life (docs/request-phases.md). Code, logs and metrics use these names and no others. */
export type Phase =
  | 'accept'
  | 'identify'
  | 'admit'
  | 'look-up'
  | 'hit'
  | 'revalidate'
  | 'fetch'
  | 'deliver'
  | 'account';

/**
 * How a request ended. `hit`: from the cache. `stale`: from the cache though no longer fresh.
 * `revalidated`: from the cache after the origin's 304. `miss`: fetched and kept. `pass`: fetched and not
 * kept. `collapsed`: from somebody else's fetch. `refused`: answered by the edge itself.
 * `origin-failed`: 502 or 504. `own`: an endpoint of the edge. `cut`: the response could not be completed.
 */
export const OUTCOMES = [
  'hit',
  'stale',
  'revalidated',
  'miss',
  'pass',
  'collapsed',
  'refused',
  'origin-failed',
  'own',
  'cut',
] as const;
export type Outcome = (typeof OUTCOMES)[number];
