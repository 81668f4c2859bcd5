import { domainToASCII } from 'node:url';
import { NODE_STATUS } from '@media-network/chain/schema';
import type { Found, MediaClient } from '@media-network/chain';
import {
  LOCAL_ZONE,
  MAX_OWN_NAMES,
  isLocalName,
  isWithinZone,
  proofName,
  proofText,
  readOwnName,
} from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { byEndpoint } from '../by-endpoint.ts';
import type { CliContext } from '../command.ts';
import { askJson } from './ask-json.ts';

type Resource = Pick<Found<'resource'>, 'address'>;

export interface OwnNameOptions {
  readonly domain?: readonly string[];
  readonly removeDomain?: readonly string[];
}

/** What one edge says of a name. */
export interface NameAtEdge {
  /** Base URL of the edge. */
  readonly endpoint: string;
  readonly served: boolean;
  /** The resource that it serves under the name, if any. */
  readonly resource: string | null;
  /** Code of why it does not; `no-answer` where the edge was not reached. */
  readonly reason: string | null;
  readonly why: string | null;
}

/** A name of a publisher's own, and what becomes of it. */
export interface NameSight {
  readonly name: string;
  /** Null where nobody was asked. */
  readonly served: boolean | null;
  /** In words; null where every edge serves it. */
  readonly why: string | null;
  /** What its owner puts into DNS; null where a name has none. */
  readonly record: { readonly name: string; readonly type: 'TXT'; readonly value: string } | null;
  /** Where it is to be had, at the first edge that serves it. */
  readonly url: string | null;
  readonly edges: readonly NameAtEdge[];
}

/** Edges that are asked about each name; all of them say the same sooner or later. */
const MAX_ASKED = 8;
/** Reasons that are over once an edge has read the new settings. */
const SOON: ReadonlySet<string> = new Set(['not-listed', 'no-settings', 'busy']);
const WAIT_MS = 15_000;

function bad(message: string, hint: string): MediaError {
  return new MediaError({ code: 'cli/bad-domain', message, hint, source: 'client' });
}

/** A name as a person writes it. International ones may be written as they are read. @throws `cli/bad-domain` */
export function parseName(text: string): string {
  const ascii = /[^\x20-\x7e]/.test(text) ? domainToASCII(text) : text;
  const reading = ascii === '' ? readOwnName('_') : readOwnName(ascii);
  if (reading.kind === 'name') return reading.name;
  throw bad(`"${text}" is no name of a site: it ${reading.why}.`, 'Write it as shop.example.');
}

/** The names of the settings after what the options add and take away. */
export function namesAfter(before: readonly string[], options: OwnNameOptions): readonly string[] {
  const removed = new Set((options.removeDomain ?? []).map(parseName));
  const added = (options.domain ?? []).map(parseName);
  const both = added.find((name) => removed.has(name));
  if (both !== undefined)
    throw bad(`${both} cannot be added and removed at once.`, 'Leave one of the two away.');
  const missing = [...removed].find((name) => !before.includes(name));
  if (missing !== undefined)
    throw bad(
      `The resource has no name ${missing}.`,
      before.length === 0 ? 'It has none of its own.' : `It has ${before.join(', ')}.`,
    );
  const names = [...new Set([...before.filter((name) => !removed.has(name)), ...added])];
  if (names.length > MAX_OWN_NAMES)
    throw bad(
      `A resource has at most ${MAX_OWN_NAMES} names, and these would be ${names.length}.`,
      'Take some away with --remove-domain, or publish the same origin once more.',
    );
  return names;
}

async function activeEdges(client: MediaClient): Promise<Awaited<ReturnType<MediaClient['edges']>>> {
  return (await client.edges())
    .filter(({ status }) => status === NODE_STATUS.active)
    .sort(byEndpoint)
    .slice(0, MAX_ASKED);
}

async function atEdges(client: MediaClient, name: string): Promise<readonly NameAtEdge[]> {
  return Promise.all(
    (await activeEdges(client)).map(async ({ endpoint, control }) => {
      const said = await askJson(control, `/v1/name?name=${encodeURIComponent(name)}`);
      const [resource, reason, why] = ['resource', 'reason', 'why'].map((field) => said?.get(field));
      return {
        endpoint,
        served: said?.get('served') === true,
        resource: typeof resource === 'string' ? resource : null,
        reason: typeof reason === 'string' ? reason : said === undefined ? 'no-answer' : null,
        why: typeof why === 'string' ? why : said === undefined ? 'the edge does not say' : null,
      };
    }),
  );
}

/**
 * Refuses names that this resource cannot have: those of the network itself, and those under which another is served
 * and that DNS does not decide about.
 *
 * @throws `cli/bad-domain`, `cli/name-taken`
 */
export async function refuseNames(
  client: MediaClient,
  names: readonly string[],
  resource: string,
): Promise<void> {
  if (names.length === 0) return;
  const infos = await Promise.all(
    (await activeEdges(client)).map(({ control }) => askJson(control, '/v1/info')),
  );
  const zones = new Set([LOCAL_ZONE]);
  for (const info of infos) {
    const zone = info?.get('zone');
    if (typeof zone === 'string') zones.add(zone);
  }
  for (const name of names) {
    const zone = [...zones].find((each) => isWithinZone(name, each));
    if (zone !== undefined)
      throw bad(
        `${name} is a name of the network's own zone ${zone}: each resource has one there already, and no other.`,
        'Take a name of a domain that is yours, or one ending in .localhost on this machine.',
      );
    if (!isLocalName(name)) continue;
    const other = (await atEdges(client, name)).find(
      (edge) => edge.resource !== null && edge.resource !== resource,
    );
    if (other === undefined) continue;
    throw new MediaError({
      code: 'cli/name-taken',
      message: `The resource ${other.resource} has the name ${name}.`,
      hint: 'Nobody owns a name ending in .localhost, so the first to list it has it: take another.',
      source: 'client',
    });
  }
}

/** What the edges say of each name of a resource; with `ask` false nobody is asked. */
export async function sightsOf(
  client: MediaClient,
  resource: Resource,
  settings: Settings,
  ask: boolean,
): Promise<readonly NameSight[]> {
  return Promise.all(
    settings.domains.map(async (name) => {
      const edges = ask ? await atEdges(client, name) : [];
      const mine = edges.filter((edge) => edge.served && edge.resource === resource.address);
      const [first] = mine;
      return {
        name,
        served: ask ? first !== undefined : null,
        why: ask ? whyNot(resource, edges, mine.length) : null,
        record: isLocalName(name)
          ? null
          : { name: proofName(name), type: 'TXT' as const, value: proofText(resource.address) },
        url: first === undefined ? null : urlAt(first.endpoint, name),
        edges,
      };
    }),
  );
}

function whyNot(resource: Resource, edges: readonly NameAtEdge[], served: number): string | null {
  if (edges.length === 0) return 'no edge is registered';
  if (served === edges.length) return null;
  const other = edges.find((edge) => edge.resource !== null && edge.resource !== resource.address);
  const against =
    edges.find((edge) => !edge.served && edge.reason !== 'no-answer') ??
    edges.find(({ served: yes }) => !yes);
  const why =
    other !== undefined ? `${other.resource} is served under it` : (against?.why ?? 'the edges do not say');
  return served === 0 ? why : `not by ${edges.length - served} of ${edges.length} edges: ${why}`;
}

function urlAt(endpoint: string, name: string): string | null {
  const base = URL.parse(endpoint);
  if (base === null) return null;
  return `${base.protocol}//${name}${base.port === '' ? '' : `:${base.port}`}/`;
}

/** What stands between a name and its being served, and what its owner does about it. */
export function nameLines(sight: NameSight): readonly string[] {
  const { name, served, why, url, record } = sight;
  const lines = [
    served === true
      ? `${url ?? name}${why === null ? '' : `, ${why}`}`
      : `${name}, not served: ${why ?? 'nobody was asked'}`,
  ];
  if (served !== true && record !== null)
    lines.push(
      `put into DNS: ${record.name}. ${record.type} "${record.value}"`,
      'and lead the name to the network: "media resource domain" prints the record, and looks for both',
    );
  return lines;
}

/** Waits until edges have read settings that list the names; what DNS lacks nobody waits for. */
export async function untilKnown(
  client: MediaClient,
  resource: Resource,
  settings: Settings,
  context: CliContext,
): Promise<void> {
  for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
    const sights = await sightsOf(client, resource, settings, true);
    const waiting = sights.some(({ edges }) => edges.some(({ reason }) => SOON.has(reason ?? '')));
    if (!waiting) return;
    context.terminal.progress('the edges read the new settings ...');
    await client.clock.sleep(500);
  }
}

/** The address of the resource that is served under a name of its own; undefined where no edge knows it. */
export async function resourceNamed(client: MediaClient, host: string): Promise<string | undefined> {
  const reading = readOwnName(host);
  if (reading.kind === 'none') return undefined;
  return (await atEdges(client, reading.name)).find((edge) => edge.served)?.resource ?? undefined;
}
