import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import type { MediaClient } from '@media-network/chain';
import { errorCode } from '@media-network/runtime';
import { byEndpoint } from '../by-endpoint.ts';
import { askJson } from './ask-json.ts';
import { labelOf } from './find.ts';
import type { Resource } from './find.ts';
import type { OriginSight } from './origin-check.ts';

/** Where a resource is to be had at one edge, and what the edge says. */
export interface Place {
  readonly edge: string;
  /** URL with the resource's own host. */
  readonly url: string;
  readonly host: string;
  /** Base URL of the edge itself. */
  readonly endpoint: string;
  /** `200`, `503 edge/paused`, `no answer`; null where the edge was not asked. */
  readonly says: string | null;
}

/** What a guard holds against a pending resource. */
export interface GuardWord {
  readonly no: number;
  readonly why: string | null;
  /** ISO time. */
  readonly since: string | null;
  readonly looked: boolean;
}

const DEFAULT_ZONE = 'medianet.localhost';
const TIMEOUT_MS = 8_000;

/** Asks an edge for the head of `/` under the resource's host; `fetch` would not send another Host. */
function headAt(endpoint: string, host: string): Promise<string> {
  return new Promise((resolve) => {
    const get = endpoint.startsWith('https:') ? httpsGet : httpGet;
    try {
      const request = get(
        new URL('/', endpoint),
        { method: 'HEAD', headers: { host }, timeout: TIMEOUT_MS, servername: host, agent: false },
        (response) => {
          response.resume();
          const code = response.headers['media-error'];
          resolve(`${response.statusCode}${typeof code === 'string' ? ` ${code}` : ''}`);
        },
      );
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', (error) => resolve(`no answer (${errorCode(error)})`));
    } catch (error) {
      resolve(`no answer (${errorCode(error)})`);
    }
  });
}

/** The edges of the network with the resource's URL at each; with `ask`, what each answers there. None for one that is gone. */
export async function placesOf(
  client: Pick<MediaClient, 'edges'>,
  resource: Pick<Resource, 'address' | 'status'>,
  ask: boolean,
): Promise<readonly Place[]> {
  if (resource.status === RESOURCE_STATUS.released) return [];
  const edges = (await client.edges()).filter((edge) => edge.status === NODE_STATUS.active).sort(byEndpoint);
  const label = labelOf(resource);
  return Promise.all(
    edges.map(async (edge) => {
      const zone = (await askJson(edge.control, '/v1/info'))?.get('zone');
      const host = `${label}.${typeof zone === 'string' ? zone : DEFAULT_ZONE}`;
      const base = URL.parse(edge.endpoint);
      const port = base === null || base.port === '' ? '' : `:${base.port}`;
      return {
        edge: edge.address,
        host,
        url: `${base?.protocol ?? 'http:'}//${host}${port}/`,
        endpoint: edge.endpoint,
        says: ask ? await headAt(edge.endpoint, `${host}${port}`) : null,
      };
    }),
  );
}

/** What the guards say of a resource that waits for them. */
export async function guardWords(client: MediaClient, resource: Resource): Promise<readonly GuardWord[]> {
  if (resource.status !== RESOURCE_STATUS.pending) return [];
  const guards = (await client.guards()).filter((guard) => guard.status === NODE_STATUS.active);
  return Promise.all(
    guards.map(async (guard) => {
      const said = await askJson(guard.endpoint, `/v1/resources/${resource.address}`);
      const [why, since, looked] = ['why', 'since', 'looked'].map((name) => said?.get(name));
      return {
        no: guard.no,
        why: typeof why === 'string' ? why : said === undefined ? 'the guard does not answer' : null,
        since: typeof since === 'string' ? since : null,
        looked: looked === true,
      };
    }),
  );
}

export interface Standing {
  /** Whether viewers get it, as far as can be seen from here. */
  readonly served: boolean;
  readonly text: string;
  /** What to do; empty where there is nothing. */
  readonly hint: string;
}

/** An active resource, by what the edges answer and what the origin says to this machine. */
function activeStanding(label: string, places: readonly Place[], origin: OriginSight | undefined): Standing {
  const hint = `Start the origin, or name another with "media resource update ${label} --origin http://127.0.0.1:3000".`;
  const asked = places.filter((place) => place.says !== null);
  const bad = asked.filter((place) => !/^[1-4]/.test(place.says ?? ''));
  if (places.length === 0)
    return { served: false, text: 'not served: no edge is registered', hint: '"media edge" runs one.' };
  if (asked.length > 0 && bad.length === asked.length) {
    const why =
      origin?.kind === 'silent'
        ? `its origin does not answer: ${origin.why}`
        : `every edge answers ${bad[0]?.says}`;
    return {
      served: false,
      text: `not served: ${why}`,
      hint: origin?.kind === 'silent' ? hint : `"media doctor" looks at the network.`,
    };
  }
  if (origin?.kind === 'silent')
    return {
      served: true,
      text: `served from the caches alone: its origin does not answer this machine (${origin.why})`,
      hint,
    };
  if (bad.length > 0)
    return {
      served: true,
      text: `served, but not by ${bad.length} of ${asked.length} edges`,
      hint: 'What they answer is below; viewers go to the others.',
    };
  return { served: true, text: 'served', hint: '' };
}

/** What its publisher has taken out of service, and whether edges still have to hear of it. */
function ended(how: 'paused' | 'removed', places: readonly Place[]): Pick<Standing, 'served' | 'text'> {
  const still = places.filter(({ says }) => /^[1-4]/.test(says ?? '')).length;
  return still === 0
    ? { served: false, text: `not served: its publisher has ${how} it` }
    : {
        served: true,
        text: `its publisher has ${how} it; ${still} of ${places.length} edges serve it still, until they hear of it`,
      };
}

/** Where things stand in one sentence each, with what to do. */
export function standing(
  resource: Resource,
  words: readonly GuardWord[],
  places: readonly Place[] = [],
  origin?: OriginSight,
): Standing {
  return { served: false, ...standingOf(resource, words, places, origin) };
}

function standingOf(
  resource: Resource,
  words: readonly GuardWord[],
  places: readonly Place[],
  origin: OriginSight | undefined,
): Omit<Standing, 'served'> & { readonly served?: boolean } {
  const label = labelOf(resource);
  switch (resource.status) {
    case RESOURCE_STATUS.draft:
      return {
        text: 'not published yet: its settings are not on chain',
        hint: `Run "media resource add http://127.0.0.1:3000 --id ${resource.id}" again; it goes on where it broke off.`,
      };
    case RESOURCE_STATUS.pending: {
      const against = words.filter((word) => word.why !== null);
      const [first] = against;
      if (first === undefined)
        return {
          text:
            words.length === 0 ? 'waits for guards, and there is none' : 'waits for the guards to look at it',
          hint: 'They look every few seconds.',
        };
      const since = against
        .map((word) => word.since ?? '')
        .filter((each) => each !== '')
        .sort()[0];
      return {
        text: `not served: ${first.why} (${against.length} of ${words.length} guards say so${since === undefined ? '' : `, since ${since.slice(0, 19).replace('T', ' ')} UTC`})`,
        hint:
          first.why?.includes('decrypted') === true
            ? `"media resource update ${label} --new-password" seals the settings for the guards that there are now.`
            : `Start the origin, or name another with "media resource update ${label} --origin http://127.0.0.1:3000".`,
      };
    }
    case RESOURCE_STATUS.active:
      return activeStanding(label, places, origin);
    case RESOURCE_STATUS.paused:
      return {
        ...ended('paused', places),
        hint: `"media resource update ${label} --resume" asks the guards to serve it again.`,
      };
    case RESOURCE_STATUS.exhausted:
      return {
        text: 'not served: its stake is used up',
        hint: `Stake more with "media stake add 10" and set it aside with "media resource update ${label} --lp 10".`,
      };
    case RESOURCE_STATUS.removed:
      return {
        ...ended('removed', places),
        hint: `"media resource remove ${label} --release" frees its LP when its hours are settled.`,
      };
    default:
      return { text: 'gone: removed and released', hint: '' };
  }
}
