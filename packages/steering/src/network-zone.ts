import {
  TYPE,
  addressRdata,
  belowKey,
  caaRdata,
  createRrset,
  dnskeyRdata,
  encodeName,
  negativeReplies,
  soaRdata,
} from '@media-network/dns';
import type { Asker, Rrset, SoaFields, Zone, ZoneNode, ZoneSigner } from '@media-network/dns';
import { createEdgePicker } from './pick-edges.ts';
import type { EdgePicker, HomeOf, RegionOf, SteeredEdge } from './pick-edges.ts';

/** Seconds that an answer with edges holds: within it one that has gone is asked for by nobody any more. */
export const EDGE_TTL_SECS = 60;
/** Of what changes with guards, and of who may issue certificates. */
const STATIC_TTL_SECS = 3_600;
/** Of the zone's keys: a guard whose key was not in them before can be validated after as long. */
const KEY_TTL_SECS = 600;
/** How long it is remembered that a name is not there: a site is there soon after it was authorised. */
const NEGATIVE_TTL_SECS = 60;
/** Addresses in one answer: one to go to, one to go to when that fails. */
const ADDRESSES = 2;
/** Answers kept by what was picked; a network of three hundred edges has as many pairs. */
const MAX_KEPT = 100_000;

/** Whose viewers an edge is picked for. */
export interface Site {
  /** 32 bits of the site's own: viewers of two sites are spread apart. */
  readonly seed: number;
  /** The edges that its publisher has picked; all where it has not. */
  readonly picked?: ((edge: SteeredEdge) => boolean) | undefined;
}

/** A guard that answers for the zone. */
export interface NameServer {
  readonly no: number;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

/** Everything that a zone's answers follow from. The same state is the same bytes at every guard. */
export interface ZoneState {
  /** Such as `medianet.example`. */
  readonly origin: string;
  /** RFC 1982: goes up with what the zone holds. */
  readonly serial: number;
  /** Sites by the key of their label. */
  readonly sites: ReadonlyMap<string, Site>;
  readonly edges: readonly SteeredEdge[];
  readonly servers: readonly NameServer[];
  /** Who may issue certificates for names of the zone; nothing is said where there is none. */
  readonly issuers: readonly string[];
  readonly regionOf?: RegionOf | undefined;
  readonly homeOf?: HomeOf | undefined;
  /** Public keys of all who sign the zone: each signs the set of them with its own. */
  readonly keys?: readonly Uint8Array[] | undefined;
  /** This guard's; undefined where it does not sign. */
  readonly signer?: ZoneSigner | undefined;
  /** Further names, by the key of what stands in front of the apex. */
  readonly more?: ((below: string) => ZoneNode | undefined) | undefined;
}

/** The zone of a network. */
export function createNetworkZone(state: ZoneState): Zone {
  const { origin, sites, more } = state;
  const servers = state.servers.toSorted((a, b) => a.no - b.no);
  const soa: SoaFields = {
    mname: `ns${servers[0]?.no ?? 1}.${origin}`,
    rname: `hostmaster.${origin}`,
    serial: state.serial,
    refresh: 900,
    retry: 300,
    // Signatures of a copy hold no longer.
    expire: 86_400,
    minimum: NEGATIVE_TTL_SECS,
  };
  const fixed = new Map<string, ZoneNode>([['', apexNode(soa, servers, state)]]);
  for (const { no, ipv4, ipv6 } of servers)
    fixed.set(
      belowKey(`ns${no}`),
      nodeOf(addressSet(TYPE.A, ipv4, STATIC_TTL_SECS), addressSet(TYPE.AAAA, ipv6, STATIC_TTL_SECS)),
    );
  const answersOf = createSiteAnswers(state);

  return {
    apex: encodeName(origin),
    find(below) {
      const site = sites.get(below);
      return site === undefined
        ? (fixed.get(below) ?? more?.(below))
        : new SiteNode(answersOf(site), site.seed);
    },
    negative: negativeReplies(soa, origin),
    signer: state.signer,
    *contents() {
      for (const [below, node] of fixed) yield { below, rrsets: [...node.rrsets.values()] };
      for (const [below, site] of sites) yield { below, rrsets: forAnybody(answersOf(site), site.seed) };
    },
  };
}

/** What somebody gets of whom nothing is known: whoever keeps a copy of the zone gives it to everybody. */
function forAnybody(answers: EdgeAnswers, site: number): readonly Rrset[] {
  const asker: Asker = { family: 4, address: new Uint8Array(16), bits: 0, scopeBits: 0 };
  return SITE_TYPES.map((type) => answers.of(type, asker, site)).filter((rrset) => rrset !== undefined);
}

const NO_RRSETS: ReadonlyMap<number, Rrset> = new Map();
const SITE_TYPES: readonly number[] = [TYPE.A, TYPE.AAAA];

/** A site's name: whoever asks for an address of it gets edges. */
class SiteNode implements ZoneNode {
  readonly rrsets = NO_RRSETS;
  readonly tailoredTypes = SITE_TYPES;
  readonly #answers: EdgeAnswers;
  readonly #site: number;

  constructor(answers: EdgeAnswers, site: number) {
    this.#answers = answers;
    this.#site = site;
  }

  tailored(type: number, asker: Asker): Rrset | undefined {
    return this.#answers.of(type, asker, this.#site);
  }
}

/** Answers for sites: those that take any edge share theirs, and each that picks has its own from its first question on. */
function createSiteAnswers({ edges, regionOf, homeOf }: ZoneState): (site: Site) => EdgeAnswers {
  const ofAll = createEdgeAnswers(edges, createEdgePicker(edges, regionOf, homeOf));
  const ofPicking = new WeakMap<Site, EdgeAnswers>();
  return (site) => {
    const { picked } = site;
    if (picked === undefined) return ofAll;
    let answers = ofPicking.get(site);
    if (answers === undefined) {
      const chosen = edges.filter((edge) => picked(edge));
      answers = createEdgeAnswers(chosen, createEdgePicker(chosen, regionOf, homeOf));
      ofPicking.set(site, answers);
    }
    return answers;
  };
}

interface EdgeAnswers {
  of(type: number, asker: Asker, site: number): Rrset | undefined;
}

function createEdgeAnswers(edges: readonly SteeredEdge[], picker: EdgePicker): EdgeAnswers {
  const kept = new Map<number, Rrset | undefined>();
  const picked = new Int32Array(ADDRESSES);

  function make(type: number, count: number): Rrset | undefined {
    const addresses = new Set<string>();
    // The edges' first addresses come before anybody's second.
    for (let turn = 0; turn < 4 && addresses.size < ADDRESSES; turn += 1) {
      for (const at of picked.subarray(0, count)) {
        const edge = edges[at];
        const address = (type === TYPE.A ? edge?.ipv4 : edge?.ipv6)?.[turn];
        if (address !== undefined && addresses.size < ADDRESSES) addresses.add(address);
      }
    }
    return addressSet(type, [...addresses], EDGE_TTL_SECS, true);
  }

  return {
    of(type, asker, site) {
      const count = picker.pick(asker, site, picked);
      asker.scopeBits = picker.tailored ? asker.bits : 0;
      let key = type === TYPE.A ? 0 : 1;
      for (let i = 0; i < ADDRESSES; i += 1)
        key = key * (edges.length + 1) + (i < count ? (picked[i] ?? 0) + 1 : 0);
      const found = kept.get(key);
      if (found !== undefined || kept.has(key)) return found;
      if (kept.size >= MAX_KEPT) kept.clear();
      const made = make(type, count);
      kept.set(key, made);
      return made;
    },
  };
}

function apexNode(
  soa: SoaFields,
  servers: readonly NameServer[],
  { origin, issuers, keys = [] }: ZoneState,
): ZoneNode {
  return nodeOf(
    createRrset(TYPE.SOA, STATIC_TTL_SECS, [soaRdata(soa)]),
    servers.length === 0
      ? undefined
      : createRrset(
          TYPE.NS,
          STATIC_TTL_SECS,
          servers.map(({ no }) => encodeName(`ns${no}.${origin}`)),
        ),
    issuers.length === 0
      ? undefined
      : createRrset(
          TYPE.CAA,
          STATIC_TTL_SECS,
          issuers.map((issuer) => caaRdata(0, 'issue', issuer)),
        ),
    keys.length === 0 ? undefined : createRrset(TYPE.DNSKEY, KEY_TTL_SECS, keys.map(dnskeyRdata)),
  );
}

function addressSet(
  type: number,
  addresses: readonly string[],
  ttlSecs: number,
  keepOrder = false,
): Rrset | undefined {
  return addresses.length === 0
    ? undefined
    : createRrset(type, ttlSecs, addresses.map(addressRdata), keepOrder);
}

/** A name that has these records. */
export function nodeOf(...rrsets: readonly (Rrset | undefined)[]): ZoneNode {
  const there = rrsets.filter((each) => each !== undefined);
  return { rrsets: new Map(there.map((each) => [each.type, each])), tailoredTypes: [] };
}
