import type { Devnet } from '@media-network/devnet';
import { separate } from '../view/probed.ts';
import type { EdgeSight } from '../view/traffic-source.ts';

/** The edges of a network in this process, with what its guards' probes asked of each. */
export function devnetSights(devnet: Devnet): readonly EdgeSight[] {
  const probed = devnet.guards.flatMap((guard) => guard.stats().probeTotals);
  return devnet.edges.map((edge) => {
    const { originBytes, reportsSubmitted } = edge.stats();
    const traffic = edge.traffic();
    return {
      edge: edge.address,
      endpoint: edge.urls[0] ?? '',
      traffic,
      originBytes,
      reports: reportsSubmitted,
      ...separate(edge.address, traffic.sinceMs, probed),
    };
  });
}
