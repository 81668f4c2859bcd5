/** Milliseconds since a stream began, of times that encoders count modulo 2³² and begin anywhere. */
export interface Timeline {
  at(timestampMs: number): number;
}

/** The first time asked about is 0. Times of sound and pictures go to one timeline, so that they stay together. */
export function createTimeline(): Timeline {
  let first: number | undefined;
  let newest = 0;
  return {
    at(timestampMs) {
      first ??= timestampMs;
      // The nearest to the newest of all that it can mean.
      const since = (timestampMs - first) >>> 0;
      const turns = Math.round((newest - since) / 2 ** 32);
      const ms = since + turns * 2 ** 32;
      if (ms > newest) newest = ms;
      return Math.max(0, ms);
    },
  };
}
