import { NODE_STATUS } from '@media-network/chain/schema';
import { LOCAL_ZONE } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { formatBytes } from '../amounts.ts';
import { byEndpoint } from '../by-endpoint.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { CliContext } from '../command.ts';
import { connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { readNamedFile } from '../named-file.ts';
import { askJson } from '../resource/ask-json.ts';
import { findResource, labelOf } from '../resource/find.ts';
import { resourceNamed } from '../resource/own-names.ts';
import { placeOf } from '../resource/target-place.ts';
import { table } from '../terminal/table.ts';
import { createEdgeAsker } from './at-edge.ts';
import type { EdgeAsker, EdgePlace, Warmed } from './at-edge.ts';
import { expand } from './targets.ts';

export interface WarmOptions extends ChainOptions {
  readonly file?: string;
  readonly sitemap?: readonly string[];
  readonly region?: readonly string[];
  readonly parallel: string;
}

interface Known extends EdgePlace {
  readonly zone: string;
}

/** What became of it at one edge. */
interface AtEdge {
  readonly endpoint: string;
  readonly region: string;
  /** Whether the publisher's rules have it serve the resource. */
  readonly picked: boolean;
  readonly fetched: number;
  readonly there: number;
  readonly notKept: number;
  readonly failed: number;
  readonly bytes: number;
}

interface Problem {
  readonly endpoint: string;
  readonly url: string;
  readonly why: string;
}

/** Told of each edge; what is behind them is counted. */
const MAX_PROBLEMS = 20;

function bad(message: string, hint: string): MediaError {
  return new MediaError({ code: 'cli/bad-warm', message, hint, source: 'client' });
}

async function edgesOf(
  { client }: Connection,
  regions: readonly string[] | undefined,
): Promise<readonly Known[]> {
  const active = (await client.edges())
    .filter(({ status }) => status === NODE_STATUS.active)
    .sort(byEndpoint);
  const named = active.map((edge) => ({
    edge,
    region: Buffer.from(edge.region).toString('latin1').replace(/\0+$/, ''),
  }));
  const wanted = named.filter(({ region }) => regions === undefined || regions.includes(region));
  if (wanted.length === 0)
    throw new MediaError({
      code: 'cli/no-edge',
      message:
        regions === undefined || active.length === 0
          ? 'There is no active edge on this chain.'
          : `There is no active edge in ${regions.join(' or ')}: there are some in ${[...new Set(named.map(({ region }) => region))].join(', ')}.`,
      source: 'client',
    });
  return Promise.all(
    wanted.map(async ({ edge, region }) => {
      const info = await askJson(edge.control, '/v1/info');
      const url = new URL(edge.endpoint);
      const own = url.port === '' ? undefined : Number(url.port);
      const https = info?.get('https');
      const zone = info?.get('zone');
      return {
        endpoint: edge.endpoint,
        region,
        hostname: url.hostname.replace(/^\[|\]$/g, ''),
        ports: {
          http: url.protocol === 'http:' ? (own ?? 80) : undefined,
          https: url.protocol === 'https:' ? (own ?? 443) : typeof https === 'number' ? https : undefined,
        },
        zone: typeof zone === 'string' ? zone : LOCAL_ZONE,
      };
    }),
  );
}

async function linesOf(file: string | undefined, context: CliContext): Promise<readonly string[]> {
  if (file === undefined) return [];
  const text = await readNamedFile(file, context);
  return text
    .toString()
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Fetches each once, so many at a time, from one edge. */
async function atEdge(
  edge: Known,
  asker: EdgeAsker,
  urls: readonly URL[],
  parallel: number,
  on: (url: URL, warmed: Warmed) => void,
): Promise<AtEdge> {
  const sums = { fetched: 0, there: 0, notKept: 0, failed: 0, bytes: 0 };
  const left = urls.values();
  let picked = true;
  const worker = async (): Promise<void> => {
    for (const url of left) {
      if (!picked) return;
      const warmed = await asker.warm(url);
      if (warmed.kind === 'not-picked') {
        picked = false;
        return;
      }
      sums[warmed.kind === 'not-kept' ? 'notKept' : warmed.kind] += 1;
      if ('bytes' in warmed) sums.bytes += warmed.bytes;
      on(url, warmed);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return { endpoint: edge.endpoint, region: edge.region, picked, ...sums };
}

/** Has edges fetch what viewers will ask for, as a viewer of each. */
export async function warm(
  words: readonly string[],
  options: WarmOptions,
  context: CliContext,
): Promise<void> {
  const { terminal } = context;
  const parallel = Number(options.parallel);
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > 64)
    throw bad(`--parallel takes a number from 1 to 64, not "${options.parallel}".`, 'Leave it away for 4.');
  const places = [...words, ...(await linesOf(options.file, context))].map(placeOf);
  const lists = (options.sitemap ?? []).map(placeOf);
  const first = [...places, ...lists].find(({ resource }) => resource !== undefined)?.resource;
  if (first === undefined)
    throw bad(
      'It is not said of which resource.',
      'Name it first, as in "media resource warm 1 /index.html".',
    );
  if (![...places, ...lists].some(({ target }) => target !== undefined))
    throw bad('Nothing to warm.', 'Name URLs or paths, a --file of them, or a --sitemap.');

  const connection = await connect(options, context);
  const resource = await findResource(connection, first);
  const edges = await edgesOf(connection, options.region);
  const askers = new Map(edges.map((edge) => [edge, createEdgeAsker(edge, parallel)]));
  const [one] = edges;
  const host = `${labelOf(resource)}.${one?.zone ?? LOCAL_ZONE}`;
  const scheme = edges.some(({ ports }) => ports.https !== undefined) ? 'https' : 'http';
  const owners = new Map<string, Promise<boolean>>();
  const isOwn = (name: string): Promise<boolean> => {
    const known =
      owners.get(name) ??
      (name.split('.')[0] === labelOf(resource)
        ? Promise.resolve(true)
        : resourceNamed(connection.client, name).then((owner) => owner === resource.address));
    owners.set(name, known);
    return known;
  };
  const urlOf = ({ resource: site, target }: (typeof places)[number]): URL[] => {
    if (target === undefined) return [];
    const base = site === undefined || !/[.:]/.test(site) ? `${scheme}://${host}` : site;
    return [new URL(target, /^https?:\/\//i.test(base) ? base : `${scheme}://${base}`)];
  };
  try {
    const { urls, others } = await expand(places.flatMap(urlOf), lists.flatMap(urlOf), {
      text: (url) => textFrom(askers, url),
      isOwn,
      onFound: (count) => terminal.progress(`found ${count} objects ...`),
    });
    const total = urls.length * edges.length;
    let done = 0;
    let bytes = 0;
    const problems: Problem[] = [];
    const results = await Promise.all(
      [...askers].map(([edge, asker]) =>
        atEdge(edge, asker, urls, parallel, (url, warmed) => {
          done += 1;
          if ('bytes' in warmed) bytes += warmed.bytes;
          if ('why' in warmed && problems.length < MAX_PROBLEMS)
            problems.push({ endpoint: edge.endpoint, url: url.href, why: warmed.why });
          terminal.progress(`warming: ${done} of ${total}, ${formatBytes(bytes)} ...`);
        }),
      ),
    );
    const isWhole = results.every(({ notKept, failed }) => notKept + failed === 0);
    if (options.json === true)
      terminal.json({
        resource: resource.address,
        warm: isWhole,
        objects: urls.length,
        others,
        edges: results,
        problems,
      });
    else say(urls.length, others, results, problems, context);
    if (!isWhole) context.setExitCode(1);
  } finally {
    for (const asker of askers.values()) asker.close();
  }
}

/** From the first edge that has it. */
async function textFrom(askers: ReadonlyMap<Known, EdgeAsker>, url: URL): Promise<string> {
  let failure: unknown;
  for (const asker of askers.values()) {
    try {
      return await asker.text(url);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

function say(
  objects: number,
  others: number,
  results: readonly AtEdge[],
  problems: readonly Problem[],
  { terminal }: CliContext,
): void {
  const { style } = terminal;
  const picked = results.filter((each) => each.picked);
  const lines = table(
    picked,
    [
      { head: 'region', value: ({ region }) => region },
      { head: 'edge', value: ({ endpoint }) => endpoint },
      { head: 'fetched', value: ({ fetched }) => String(fetched), align: 'right' },
      { head: 'there', value: ({ there }) => String(there), align: 'right' },
      { head: 'not kept', value: ({ notKept }) => String(notKept), align: 'right' },
      { head: 'failed', value: ({ failed }) => String(failed), align: 'right' },
      { head: 'bytes', value: ({ bytes }) => formatBytes(bytes), align: 'right' },
    ],
    style,
  );
  for (const line of lines) terminal.line(line);
  for (const { endpoint, url, why } of problems) terminal.line(style.yellow(`${endpoint} ${url}: ${why}`));
  const more = results.reduce((sum, { notKept, failed }) => sum + notKept + failed, 0) - problems.length;
  if (more > 0) terminal.line(style.yellow(`and ${more} more`));
  const elsewhere = results.length - picked.length;
  if (elsewhere > 0)
    terminal.line(`${elsewhere} edge${elsewhere === 1 ? '' : 's'} left out: its rules pick others.`);
  if (others > 0) terminal.line(`${others} URLs of other sites were left out.`);
  const bytes = results.reduce((sum, each) => sum + each.bytes, 0);
  terminal.line(
    `${objects} object${objects === 1 ? '' : 's'} at ${picked.length} edge${picked.length === 1 ? '' : 's'}; the edges served ${formatBytes(bytes)} for it, which count as open bytes.`,
  );
}
