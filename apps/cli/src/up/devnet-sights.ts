import type { Devnet } from '@media-network/devnet';
import type { EdgeSight } from '../view/traffic-source.ts';

/** The edges of a network in this process, with what its guards' probes asked of each. */
export function devnetSights(devnet: Devnet): readonly EdgeSight[] {
  return devnet.edges.map((edge) => {
    const { originBytes, reportsSubmitted } = edge.stats();
    const probes = { requests: 0, bytes: 0 };
    for (const guard of devnet.guards) {
      for (const each of guard.stats().probeTotals) {
        if (each.edge !== edge.address) continue;
        probes.requests += each.requests;
        probes.bytes += Number(each.bytes);
      }
    }
    return {
      edge: edge.address,
      endpoint: edge.urls[0] ?? '',
      traffic: edge.traffic(),
      originBytes,
      reports: reportsSubmitted,
      probes,
    };
  });
}
