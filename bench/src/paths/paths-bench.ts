import { monitorEventLoopDelay } from 'node:perf_hooks';
import { MediaError } from '@media-network/runtime';
import { seededNumbers } from '@media-network/runtime/seeded-numbers';
import { checkLoopback, openLink } from './link.ts';
import type { Link } from './link.ts';
import { edgesFor, visitPage } from './page-visit.ts';
import { PLACES, along, backbone } from './places.ts';
import type { Path, Place } from './places.ts';
import { CHOICES, rowsOf } from './rows.ts';
import type { Choice, PathsRow, PlaceRow, Sample } from './rows.ts';
import { firstByte, steeredTo } from './viewers.ts';
import type { FirstByte, Reached, Viewer } from './viewers.ts';

/** A network with an edge in each place that has one, in the order of `edgePlaces`. */
export interface PathsNetwork {
  /** The site's name. */
  readonly host: string;
  /** Label or address of its resource. */
  readonly resource: string;
  readonly guards: readonly {
    readonly url: string;
    readonly dns: { readonly host: string; readonly port: number };
  }[];
  /** Edges listen at addresses of their own, by which answers of DNS tell them apart. */
  readonly edges: readonly { readonly host: string; readonly port: number }[];
  close(): Promise<void>;
}

export interface PathsSetting {
  readonly edgePlaces: readonly Place[];
  /** Where each edge finds the origin: the way there from its place. */
  readonly originUrls: readonly string[];
  /** Where guards find it: they measure nothing of it. */
  readonly originUrl: string;
  /** Lines `first,last,country` of all viewers' networks. */
  readonly countries: string;
}

export interface PathsBenchOptions {
  readonly start: (setting: PathsSetting) => Promise<PathsNetwork>;
  /** The origin, on loopback. */
  readonly origin: { readonly host: string; readonly port: number };
  /** Viewers' networks in each place. */
  readonly networks: number;
  /** Times that each viewer asks by each choice. */
  readonly rounds: number;
  /** Windows of 20 seconds in which pages measure. */
  readonly windows: number;
  readonly seed: number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly say: (line: string) => void;
}

export interface PathsResult {
  readonly rows: readonly PathsRow[];
  readonly places: readonly PlaceRow[];
  /** How late this process came to what was due, milliseconds, 95 of 100 times at most: as much of what viewers waited is the machine's. */
  readonly lateMs: number;
}

interface Client extends Viewer {
  readonly place: Place;
  readonly access: Path;
}

/** Of a steering window (docs/dns.md). */
const WINDOW_MS = 20_000;
/** A window decides when it is two old. */
const DECIDES_AFTER = 3;
const OBJECT = '/20000/kept';
const LATE_RESOLUTION_MS = 5;
const [WARM_TRIES, WARM_PAUSE_MS] = [60, 1_000];
/** An access line: milliseconds one way at least, and more of some; what is lost there. */
const ACCESS_MS = 2;
const MORE_ACCESS_MS = 10;
const ACCESS_LOSS = 0.004;

/** Networks 127.<place>.<network>.0/24: each is one to guards and edges, as a viewer's /24 is in life. */
const addressIn = (place: number, network: number): string => `127.${place + 1}.${network + 1}.1`;

function countriesOf(): string {
  return PLACES.map(({ country }, i) => `127.${i + 1}.0.0,127.${i + 1}.255.255,${country}`).join('\n');
}

/** What viewers in ten places wait for a first byte: of the origin, of any edge, of the steered one, of the nearest. */
export async function benchPaths(options: PathsBenchOptions): Promise<PathsResult> {
  const { networks, seed, say } = options;
  await checkLoopback(addressIn(PLACES.length - 1, networks - 1));
  const random = seededNumbers(seed);
  const clients = PLACES.flatMap((place, p) =>
    Array.from({ length: networks }, (_, n): Client => {
      const oneWayMs = ACCESS_MS + MORE_ACCESS_MS * random() ** 2;
      return { address: addressIn(p, n), place, access: { oneWayMs, loss: ACCESS_LOSS } };
    }),
  );
  const byAddress = new Map(clients.map((client) => [client.address, client]));
  const wayTo =
    (place: Place) =>
    (address: string): Path | undefined => {
      const client = byAddress.get(address);
      return client === undefined ? undefined : along(client.access, backbone(client.place, place));
    };
  const originPlace = PLACES.find(({ hasOrigin }) => hasOrigin);
  const edgePlaces = PLACES.filter(({ hasEdge }) => hasEdge);
  if (originPlace === undefined) throw failed('A world has an origin.');
  const links: Link[] = [];
  const open = async (...[of]: Parameters<typeof openLink>): Promise<Link> => {
    const link = await openLink(of);
    links.push(link);
    return link;
  };
  let network: PathsNetwork | undefined;
  try {
    const toOrigin = await Promise.all(
      edgePlaces.map((place) =>
        open({
          to: options.origin,
          pathOf: () => backbone(place, originPlace),
          showsCaller: false,
          random,
        }),
      ),
    );
    say('starting a network');
    const begun = await options.start({
      edgePlaces,
      originUrls: toOrigin.map(({ port }) => `http://127.0.0.1:${port}`),
      originUrl: `http://${options.origin.host}:${options.origin.port}`,
      countries: countriesOf(),
    });
    network = begun;
    const ways = await Promise.all(
      begun.edges.map((to, i) =>
        open({ to, pathOf: wayTo(edgePlaces[i] ?? originPlace), showsCaller: true, random }),
      ),
    );
    const origin = await open({
      to: options.origin,
      pathOf: wayTo(originPlace),
      showsCaller: true,
      random,
    });
    const world: World = { network: begun, clients, edgePlaces, ways, origin, random, options };
    await warm(world);
    const byCountries = await Promise.all(clients.map((client, i) => namedTo(world, client, i)));
    say(`letting pages measure for ${(options.windows * WINDOW_MS) / 1_000} s`);
    await letPagesMeasure(world);
    const byRoundTrips = await Promise.all(clients.map((client, i) => namedTo(world, client, i)));
    say(`asking, from ${clients.length} networks`);
    const late = monitorEventLoopDelay({ resolution: LATE_RESOLUTION_MS });
    late.enable();
    const samples = await measure(world, { byCountries, byRoundTrips });
    late.disable();
    // What its own timer waits for is in what it sees.
    const lateMs = Math.max(0, Math.round(late.percentile(95) / 1e5) / 10 - LATE_RESOLUTION_MS);
    return { ...rowsOf(samples), lateMs };
  } finally {
    await network?.close();
    await Promise.all(links.map((link) => link.close()));
  }
}

interface World {
  readonly network: PathsNetwork;
  readonly clients: readonly Client[];
  readonly edgePlaces: readonly Place[];
  /** To each edge. */
  readonly ways: readonly Link[];
  readonly origin: Link;
  readonly random: () => number;
  readonly options: PathsBenchOptions;
}

const failed = (message: string): MediaError =>
  new MediaError({ code: 'bench/server-failed', message, source: 'internal' });

/** Every edge has what it keeps. One that has just started may have to ask for keys first. */
async function warm({ network, clients, ways, options }: World): Promise<void> {
  const [viewer] = clients;
  if (viewer === undefined) return;
  for (const way of ways) {
    const ask = (): Promise<FirstByte> => firstByte(viewer, way, { host: network.host, target: OBJECT });
    let answer = await ask();
    for (let tries = 1; answer.status !== 200 && tries < WARM_TRIES; tries += 1) {
      await options.sleep(WARM_PAUSE_MS);
      answer = await ask();
    }
    if (answer.status !== 200) throw failed(`An edge answers with ${answer.status}: ${answer.said}`);
  }
}

function edgeAt({ network, ways }: World, address: string): Link {
  const at = network.edges.findIndex(({ host }) => host === address);
  const way = ways[at];
  if (way === undefined) throw failed(`A guard named ${address}, where no edge is.`);
  return way;
}

function nearestOf({ edgePlaces, ways }: World, { place }: Client): Link {
  const far = edgePlaces.map((each) => backbone(place, each).oneWayMs);
  const way = ways[far.indexOf(Math.min(...far))];
  if (way === undefined) throw failed('A world has edges.');
  return way;
}

/** The edge that a viewer's guard names first, by DNS. */
async function namedTo(world: World, client: Client, index: number): Promise<Link> {
  const { guards, host } = world.network;
  const guard = guards[index % guards.length];
  if (guard === undefined) throw failed('A network has guards.');
  return edgeAt(world, await steeredTo(client, guard.dns, host));
}

/**
 * Each viewer asks in turn by each choice, all viewers at a time: whatever else this machine does is in all of them. `named`: what
 * guards named to each viewer, by what they knew then.
 */
async function measure(
  world: World,
  named: { readonly byCountries: readonly Link[]; readonly byRoundTrips: readonly Link[] },
): Promise<readonly Sample[]> {
  const { network, clients, ways, origin, random, options } = world;
  const samples: Sample[] = [];
  async function one(client: Client, choice: Choice, to: Reached, fresh: string | undefined): Promise<void> {
    const target = fresh ?? OBJECT;
    const { ms, status, said } = await firstByte(client, to, { host: network.host, target });
    if (status !== 200) throw failed(`${target} was answered with ${status}: ${said}`);
    samples.push({ choice, place: client.place.name, kept: fresh === undefined, ms });
  }
  async function viewer(client: Client, index: number): Promise<void> {
    // Nobody begins when all others do.
    await options.sleep(1_000 * random());
    for (let round = 0; round < options.rounds; round += 1) {
      const to: Readonly<Record<Choice, Reached | undefined>> = {
        origin,
        random: ways[Math.floor(random() * ways.length)],
        countries: named.byCountries[index],
        steered: named.byRoundTrips[index],
        nearest: nearestOf(world, client),
      };
      for (const choice of CHOICES) {
        const server = to[choice] ?? origin;
        await one(client, choice, server, undefined);
        // Asked for by nobody before.
        if (round % 4 === 0) await one(client, choice, server, `/20000/${choice}-${index}-${round}`);
      }
    }
  }
  await Promise.all(clients.map(viewer));
  return samples;
}

/** A page is looked at in every network and window, and what comes of the last window has been decided. */
async function letPagesMeasure(world: World): Promise<void> {
  const { network, clients, random, options } = world;
  async function page(client: Client, index: number): Promise<void> {
    const { url } = network.guards[index % network.guards.length] ?? { url: '' };
    await options.sleep(WINDOW_MS * 0.6 * random());
    const named = await edgesFor(client, url, network.resource);
    const edges = named.map(({ edge, url: at }) => ({
      edge,
      port: edgeAt(world, new URL(at).hostname).port,
    }));
    await visitPage(client, edges, { guard: url, random });
  }
  for (let window = 0; window < options.windows; window += 1)
    await Promise.all([options.sleep(WINDOW_MS), ...clients.map(page)]);
  await options.sleep(DECIDES_AFTER * WINDOW_MS);
}
