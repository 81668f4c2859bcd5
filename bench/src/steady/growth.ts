/** What a process held at a moment. */
export interface Sample {
  readonly atMs: number;
  readonly rssBytes: number;
  readonly descriptors: number;
}

export interface Growth {
  /** Medians of the second and the last fifth of the samples. */
  readonly secondFifthRssBytes: number;
  readonly lastFifthRssBytes: number;
  /** The last fifth may have this much at most. */
  readonly allowedRssBytes: number;
  readonly descriptorsBefore: number;
  readonly descriptorsAfter: number;
  readonly peakDescriptors: number;
  readonly peakRssBytes: number;
  readonly ok: boolean;
}

/** The collector's own swing; a leak of a KB a request is 100 MB after ten minutes of the load. */
const SHARE = 0.1;
const SLACK_BYTES = 16 * 2 ** 20;
/** A connection to an origin that is kept, guards that ask at that moment. */
const DESCRIPTOR_SLACK = 8;

/** Whether memory and descriptors grew under load: the first fifth fills caches and does not count. */
export function growthOf(
  samples: readonly Sample[],
  descriptorsBefore: number,
  descriptorsAfter: number,
): Growth {
  const fifth = (no: number): readonly Sample[] =>
    samples.slice(Math.floor((samples.length * no) / 5), Math.floor((samples.length * (no + 1)) / 5));
  const second = medianRss(fifth(1));
  const last = medianRss(fifth(4));
  const allowed = second * (1 + SHARE) + SLACK_BYTES;
  return {
    secondFifthRssBytes: second,
    lastFifthRssBytes: last,
    allowedRssBytes: Math.round(allowed),
    descriptorsBefore,
    descriptorsAfter,
    peakDescriptors: samples.reduce((most, each) => Math.max(most, each.descriptors), 0),
    peakRssBytes: samples.reduce((most, each) => Math.max(most, each.rssBytes), 0),
    ok: samples.length >= 5 && last <= allowed && descriptorsAfter <= descriptorsBefore + DESCRIPTOR_SLACK,
  };
}

function medianRss(samples: readonly Sample[]): number {
  return samples.map(({ rssBytes }) => rssBytes).toSorted((a, b) => a - b)[samples.length >> 1] ?? 0;
}
