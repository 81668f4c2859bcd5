import type { FuzzTarget } from '@media-network/runtime/testing';

/** Everything of the edge that reads what strangers write. */
export async function edgeTargets(): Promise<readonly FuzzTarget[]> {
  const [front, cache] = await Promise.all([
    import('@media-network/http-front/fuzz'),
    import('@media-network/http-cache/fuzz'),
  ]);
  return [...front.FUZZ_TARGETS, ...cache.FUZZ_TARGETS];
}
