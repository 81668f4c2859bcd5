import { NODE_STATUS } from '@media-network/chain/schema';
import { TYPE, belowKey, createRrset, txtRdata } from '@media-network/dns';
import type { ZoneNode } from '@media-network/dns';
import { decodeTxtRequest, verifyTxtRequestSignature } from '@media-network/protocol';
import type { TxtRequest } from '@media-network/protocol';
import type { Clock } from '@media-network/runtime';
import { nodeOf } from '@media-network/steering';
import type { Network, Snapshot } from '../network.ts';
import type { RateLimit } from '../rate-limit.ts';
import type { NameState } from './name-duty.ts';

export interface TxtDeskDeps {
  readonly network: Pick<Network, 'snapshot' | 'chainNow'>;
  readonly state: () => NameState | undefined;
  /** By edge. */
  readonly limit: RateLimit;
  readonly clock: Clock;
}

export type TxtAnswer =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 403 | 429;
      readonly code: string;
      readonly message: string;
    };

/** TXT records by which edges prove to a CA that a site's name leads to them (RFC 8555 §8.4). */
export interface TxtDesk {
  take(request: Uint8Array): Promise<TxtAnswer>;
  /** What is at a name of the zone, by its key. */
  find(below: string): ZoneNode | undefined;
}

const PREFIX = '_acme-challenge.';
/** SHA-256 in base64url: nothing else is ever asked for. */
const VALUE = /^[A-Za-z0-9_-]{43}$/;
const MAX_SKEW_SECS = 60n;
/** A CA has looked by then, or is told anew. */
const KEPT_MS = 15 * 60_000;
/** Seconds: the next order for a name has another value. */
const TTL_SECS = 5;
/** Several edges may prove a name at once; what a name has must fit into one answer by UDP. */
const MAX_VALUES_OF_NAME = 8;
/** An edge has eight orders under way. */
const MAX_NAMES_OF_EDGE = 32;

interface Kept {
  readonly edge: string;
  readonly untilMs: number;
}

const refused = (status: 400 | 403 | 429, code: string, message: string): TxtAnswer => ({
  kind: 'refused',
  status,
  code,
  message,
});

export function createTxtDesk(deps: TxtDeskDeps): TxtDesk {
  /** By name, then by value. */
  const records = new Map<string, Map<string, Kept>>();

  function sweep(): void {
    const nowMs = deps.clock.nowMs();
    for (const [name, values] of records) {
      for (const [value, { untilMs }] of values) if (untilMs <= nowMs) values.delete(value);
      if (values.size === 0) records.delete(name);
    }
  }

  /** The key of a name that this edge may have a record at; undefined where it may not. */
  function keyFor({ name, edge }: TxtRequest, snapshot: Snapshot): string | undefined {
    const state = deps.state();
    if (state === undefined || !name.startsWith(PREFIX) || !name.endsWith(`.${state.origin}`))
      return undefined;
    const label = name.slice(PREFIX.length, -state.origin.length - 1);
    // The zone itself is nobody's: who proved that could have a certificate for every site.
    const site = /^[a-z2-7]{20}$/.test(label) ? state.sites.get(belowKey(label)) : undefined;
    if (site === undefined) return undefined;
    const found = snapshot.edges.find(({ address }) => address === edge);
    const region = Buffer.from(found?.region ?? [])
      .toString('latin1')
      .replace(/\0.*$/s, '');
    const may = site.picked?.({ id: edge, region, ipv4: [], ipv6: [], share: 1 }) ?? true;
    return may ? belowKey(`_acme-challenge.${label}`) : undefined;
  }

  function put(key: string, { edge, value }: TxtRequest): TxtAnswer {
    sweep();
    const values = records.get(key) ?? new Map<string, Kept>();
    const ofEdge = [...records.values()].filter((each) =>
      [...each.values()].some((kept) => kept.edge === edge),
    );
    const room = values.has(value) || (values.size < MAX_VALUES_OF_NAME && ofEdge.length < MAX_NAMES_OF_EDGE);
    if (!room)
      return refused(
        429,
        'guard/too-many-records',
        'There are too many records of the name, or of the edge.',
      );
    records.set(key, values);
    values.set(value, { edge, untilMs: deps.clock.nowMs() + KEPT_MS });
    return { kind: 'done' };
  }

  return {
    async take(data) {
      const request = decodeTxtRequest(data);
      if (request === undefined || !VALUE.test(request.value))
        return refused(
          400,
          'guard/bad-request',
          'The body is no request for a TXT record, as docs/evidence.md says.',
        );
      const snapshot = await deps.network.snapshot();
      const edge = snapshot.edges.find(({ address }) => address === request.edge);
      if (edge?.status !== NODE_STATUS.active)
        return refused(403, 'guard/edge-not-active', 'Only active edges have records.');
      const skew = request.unixSecs - (await deps.network.chainNow());
      if (skew > MAX_SKEW_SECS || skew < -MAX_SKEW_SECS)
        return refused(403, 'guard/wrong-time', 'The time of the request is off.');
      if (!(await verifyTxtRequestSignature(request, edge.operator)))
        return refused(403, 'guard/bad-signature', "The request is not signed by the edge's operator.");
      if (!deps.limit.take(request.edge))
        return refused(429, 'guard/too-many-records', 'The edge asks for records too often.');
      const key = keyFor(request, snapshot);
      if (key === undefined)
        return refused(403, 'guard/not-its-name', 'There is no such site, or the edge does not serve it.');
      if (request.what === 'publish') return put(key, request);
      const values = records.get(key);
      // What another edge has there is not this one's to take away.
      if (values?.get(request.value)?.edge === request.edge) values.delete(request.value);
      if (values?.size === 0) records.delete(key);
      return { kind: 'done' };
    },
    find(below) {
      const values = records.get(below);
      if (values === undefined) return undefined;
      const nowMs = deps.clock.nowMs();
      const there = [...values]
        .filter(([, { untilMs }]) => untilMs > nowMs)
        .map(([value]) => txtRdata(value));
      return there.length === 0 ? undefined : nodeOf(createRrset(TYPE.TXT, TTL_SECS, there));
    },
  };
}
