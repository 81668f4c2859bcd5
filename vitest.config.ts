import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,apps}/*/{src,test}/**/*.test.ts', 'bench/src/**/*.test.ts'],
          // Long enough for a machine that does other things besides: they fail what hangs, not what is slow.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 50_000 } },
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
          fileParallelism: false,
        },
      },
    ],
  },
});
