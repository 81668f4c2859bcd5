import { createHash } from 'node:crypto';
import { belowKey, askerAt } from '@media-network/dns';
import { parseAddress, resourceLabel } from '@media-network/protocol';
import { EDGE_TTL_SECS, createEdgePicker } from '@media-network/steering';
import type { EdgePicker, Site } from '@media-network/steering';
import type { EdgeByUrl, NameState } from './name-duty.ts';

/** Edges in an answer: more than a player tries. */
const MOST_EDGES = 8;

export interface EdgeChoice {
  /** The site's name, which requests to any of the edges carry in `Host`. */
  readonly host: string;
  /** Where who asked is taken to be; null where no table says. */
  readonly region: string | null;
  readonly ttlSecs: number;
  /** The best first. */
  readonly edges: readonly {
    readonly edge: string;
    readonly url: string;
    readonly region: string;
    readonly share: number;
  }[];
}

/** Steering by HTTP: the same rule as by DNS, with ports in the answer. */
export interface SteerDesk {
  /** `resource`: a label, the site's whole name or the resource's address; undefined where there is no such site. */
  edgesFor(resource: string, client: string): EdgeChoice | undefined;
  /** Where a request for a site's name goes; undefined where the host is no site's. */
  locationFor(
    host: string,
    target: string,
    client: string,
  ): { readonly kind: 'edge'; readonly location: string } | { readonly kind: 'nowhere' } | undefined;
}

interface Picking {
  readonly from: readonly EdgeByUrl[];
  readonly picker: EdgePicker;
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

export function createSteerDesk(now: () => NameState | undefined): SteerDesk {
  /** Of a state: sites that take any edge share theirs. */
  let pickers = new Map<Site['picked'], Picking>();
  let of: NameState | undefined;

  function pickerOf(state: NameState, { picked }: Site): Picking {
    if (of !== state) [of, pickers] = [state, new Map()];
    let found = pickers.get(picked);
    if (found === undefined) {
      const from = picked === undefined ? state.byUrl : state.byUrl.filter((edge) => picked(edge));
      found = { from, picker: createEdgePicker(from, state.regionOf, state.homeOf) };
      pickers.set(picked, found);
    }
    return found;
  }

  function choose(state: NameState, label: string, client: string): EdgeChoice | undefined {
    const site = /^[a-z2-7]{20}$/.test(label) ? state.sites.get(belowKey(label)) : undefined;
    if (site === undefined) return undefined;
    const asker = askerAt(client);
    const { from, picker } = pickerOf(state, site);
    const into = new Int32Array(MOST_EDGES);
    const count = picker.pick(asker, site.seed, into);
    const edges = [...into.subarray(0, count)].flatMap((at) => {
      const edge = from[at];
      return edge === undefined
        ? []
        : [{ edge: edge.id, url: edge.url, region: edge.region, share: edge.share }];
    });
    return {
      host: `${label}.${state.origin}`,
      region: state.regionOf?.(asker) ?? null,
      ttlSecs: EDGE_TTL_SECS,
      edges,
    };
  }

  return {
    edgesFor(resource, client) {
      const state = now();
      if (state === undefined) return undefined;
      const label = labelIn(resource, state.origin);
      return label === undefined ? undefined : choose(state, label, client);
    },
    locationFor(host, target, client) {
      const state = now();
      if (state === undefined || !host.endsWith(`.${state.origin}`)) return undefined;
      const found = choose(state, host.slice(0, -state.origin.length - 1), client);
      if (found === undefined) return undefined;
      const url = URL.parse(found.edges[0]?.url ?? '');
      if (url === null) return { kind: 'nowhere' };
      const port = url.port === '' ? '' : `:${url.port}`;
      // The name stays: it says whose site is meant, to the edge and to its certificate.
      return { kind: 'edge', location: `${url.protocol}//${found.host}${port}${target}` };
    },
  };
}

function labelIn(resource: string, origin: string): string | undefined {
  const text = resource.toLowerCase();
  if (text.endsWith(`.${origin}`)) return text.slice(0, -origin.length - 1);
  if (/^[a-z2-7]{20}$/.test(text)) return text;
  const address = parseAddress(resource);
  return address === undefined ? undefined : resourceLabel(resource, sha256);
}
