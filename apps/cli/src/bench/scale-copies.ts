import type { Devnet } from '@media-network/devnet';
import type { Address } from '@solana/addresses';

/** Resources beside the network's own, written into its chain as the program would have. */
export async function copies(
  devnet: Devnet,
  count: number,
  how: { readonly pending: boolean; readonly bare?: boolean },
): Promise<readonly Address[]> {
  if (count === 0) return [];
  const { copyResources } = await import('@media-network/lab');
  const model = await devnet.client.account('resource', devnet.resource);
  if (model === null) throw new Error('the network has no resource');
  return copyResources(devnet, devnet.publisher, {
    model: model.address,
    ids: Array.from({ length: count }, (_, i) => 100n + BigInt(i)),
    settings: {
      v: 1,
      origin: devnet.published.url,
      originHost: null,
      originHeaders: [],
      probe: ['/'],
      domains: [],
    },
    lp: model.lp / BigInt(2 * count),
    ...how,
  });
}
