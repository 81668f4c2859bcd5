import { buildHonestReport } from '@media-network/edge';
import type { BuildReport } from '@media-network/edge';

/** An edge's lie: twice the bytes of each sample, everything else as it was. For tests and `media check`. */
export const doubledReport: BuildReport = (book, open) =>
  buildHonestReport(
    {
      ...book,
      samples: new Map(
        [...book.samples].map(([resource, slots]) => [resource, slots.map((bytes) => bytes * 2)]),
      ),
    },
    open,
  );
