import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PathsNetwork, PathsSetting } from '@media-network/bench';
import type { EdgeOverrides } from '@media-network/edge';
import { MediaError } from '@media-network/runtime';

type OriginSettings = Parameters<NonNullable<EdgeOverrides['settings']>>[0];

/** An edge asks for the origin where its way to it begins; the settings' own address is the one that guards look at. */
function reachedAt(url: string): (settings: OriginSettings) => OriginSettings {
  const { host, hostname, origin } = new URL(url);
  return (settings) => ({
    ...settings,
    places: settings.places.map((place) => ({ ...place, origin, hostname, hostHeader: host })),
  });
}

const notNaming = new MediaError({
  code: 'bench/server-failed',
  message: 'A guard does not answer for names.',
  source: 'internal',
});

const edgeHost = (index: number): string => `127.0.0.${index + 1}`;

/** Three guards that answer for names, and an edge in each place that has one, at an address of its own. */
export async function startPathsNetwork(setting: PathsSetting): Promise<PathsNetwork> {
  const { createDevnet } = await import('@media-network/devnet');
  const dir = await mkdtemp(join(tmpdir(), 'media-paths-'));
  const countries = join(dir, 'countries.csv');
  await writeFile(countries, setting.countries);
  const devnet = await createDevnet({
    guards: 3,
    edges: setting.edgePlaces.length,
    dns: true,
    origin: setting.originUrl,
    edgeHost,
    edgeRegion: (index) => setting.edgePlaces[index]?.region ?? '',
    guardFlags: () => ({ dnsCountries: countries }),
    edgeOverrides: (index) => ({ settings: reachedAt(setting.originUrls[index] ?? setting.originUrl) }),
  });
  return {
    host: devnet.host,
    resource: devnet.resource,
    guards: devnet.guards.map(({ url, dns }) => {
      if (dns === undefined) throw notNaming;
      return { url, dns };
    }),
    edges: devnet.edges.map(({ port }, index) => ({ host: edgeHost(index), port })),
    async close() {
      await devnet.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
