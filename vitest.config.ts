import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** Files of minutes, longest first: what begins last should not be what takes longest. */
const LONG = ['tests/guides.test.ts', 'tests/binaries.test.ts', 'tests/vouch.test.ts'];

function place({ moduleId }: TestSpecification): number {
  const index = LONG.findIndex((path) => moduleId.endsWith(path));
  return index === -1 ? LONG.length : index;
}

/** Groups keep their order (unit, then system); within one the long files begin. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((left, right) => place(left) - place(right));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,apps}/*/{src,test}/**/*.test.ts', 'bench/src/**/*.test.ts'],
          // Long enough for a machine that does other things besides: they fail what hangs, not what is slow.
          testTimeout: 180_000,
          hookTimeout: 180_000,
          expect: { poll: { timeout: 120_000 } },
          // Every processor; by default one of two would stay idle.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'system',
          include: ['tests/**/*.test.ts'],
          // A network of eight daemons starts in a second, and in minutes where dozens of others are at theirs.
          testTimeout: 400_000,
          hookTimeout: 400_000,
          expect: { poll: { timeout: 120_000 } },
          // Networks wait more than they work. Each has ports and folders of its own.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
