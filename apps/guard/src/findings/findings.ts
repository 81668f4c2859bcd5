import type { Found, Signer } from '@media-network/chain';
import { signEvidence } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import {
  fromHex,
  hourAt,
  mayBeOneOrigin,
  secondingOf,
  signFinding,
  toHex,
  weekAt,
} from '@media-network/protocol';
import type { Finding, PublisherSight, Seconding, Sight } from '@media-network/protocol';
import { byAddress } from '../network.ts';
import type { Network, Snapshot } from '../network.ts';
import type { HourBook } from '../state/hour-book.ts';
import { sightHours, sightOf } from './sight-of.ts';
import type { OwnSight } from './sight-of.ts';

export interface FindingsDeps {
  readonly network: Pick<Network, 'guardSet'>;
  readonly book: Pick<HourBook, 'of' | 'edgesOf'>;
  readonly guard: Pick<Found<'guard'>, 'address'>;
  readonly operator: Signer;
}

/** Where to look next to second what another guard found. */
export interface Inquiry {
  readonly resource: string;
  /** Hex SHA-256 of a target; another one is as good where none of that hash is known. */
  readonly target: string;
}

/** What guards tell each other of edges' bytes, and what follows from all of it (docs/evidence.md, Findings). */
export interface Findings {
  /** What this guard found, signed: of each edge that gave it a wrong answer within a day. */
  told(snapshot: Snapshot): Promise<readonly Finding[]>;
  /** All that another guard says now; its signatures have been verified. */
  hear(guard: string, findings: readonly Finding[], hour: bigint): void;
  /** Guards that are not among these are forgotten, and hours that are over. */
  keep(guards: ReadonlySet<string>, oldest: bigint): void;
  own(snapshot: Snapshot, edge: Found<'edge'>): OwnSight;
  judge(snapshot: Snapshot, edge: Found<'edge'>, claimed?: Sight): Promise<Seconding>;
  /** Whether what was seen wrong may be one origin's doing, which shows this edge another face than it shows guards. */
  mayBeOrigin(snapshot: Snapshot, edge: Found<'edge'>): Promise<boolean>;
  /** What a guard says that it saw of an edge. */
  said(guard: string, edge: string): Sight | undefined;
  /** Undefined where nobody says anything of the edge that this guard has not looked into. */
  toSecond(edge: string, hour: bigint): Inquiry | undefined;
  /** The look of an inquiry has been made. */
  seconded(edge: string, hour: bigint): void;
  /** Something is open against an edge: it is looked into as what a guard found. */
  open(edge: string, hour: bigint, at: Inquiry): void;
  readonly heard: number;
}

/** Edges that one guard may have others look into within an hour: whoever accuses everybody moves no more probes than that. */
const EDGES_OF_GUARD = 8;
/** Looks at an edge within an hour on the word of others: its traffic is paid by publishers. */
const LOOKS_PER_HOUR = 60;
/** Inquiries that are kept; more edges than a network has at once in dispute. */
const MAX_INQUIRIES = 4_096;

/** Whether resources of more than one publisher are served. */
function hasPublishers({ resources }: Snapshot): boolean {
  const [first] = resources;
  return resources.some(
    ({ publisher, status }) => status === RESOURCE_STATUS.active && publisher !== first?.publisher,
  );
}

function isOneOrigins(
  snapshot: Snapshot,
  mine: OwnSight,
  others: readonly Finding[],
  setSize: number,
): boolean {
  const resources = byAddress(snapshot);
  // A resource that is gone stands for itself.
  const publisherOf = (resource: string): string => resources.get(resource)?.publisher ?? resource;
  const sights = new Map<string, PublisherSight>();
  for (const [resource, { looks, wrong }] of mine.byResource) {
    const publisher = publisherOf(resource);
    const before = sights.get(publisher) ?? { publisher, looks: 0, wrong: 0 };
    sights.set(publisher, { publisher, looks: before.looks + looks, wrong: before.wrong + wrong });
  }
  const told = others.filter(({ wrong }) => wrong > 0).map(({ resource }) => publisherOf(resource));
  return mayBeOneOrigin([...sights.values()], told, setSize, hasPublishers(snapshot));
}

const hourOf = ({ config, now }: Snapshot): bigint => hourAt(config, now);

export function createFindings(deps: FindingsDeps): Findings {
  const { book, guard } = deps;
  /** By guard, then edge. */
  const heard = new Map<string, Map<string, Finding>>();
  const signed = new Map<string, Finding>();
  const inquiries = new Map<string, Inquiry & { readonly hour: bigint; looks: number }>();
  /** By guard: the edges that it had looked into in an hour. */
  const moved = new Map<string, { readonly hour: bigint; readonly edges: Set<string> }>();

  function inquire(edge: string, hour: bigint, at: Inquiry): void {
    const before = inquiries.get(edge);
    if (before?.hour === hour) return;
    inquiries.delete(edge);
    inquiries.set(edge, { ...at, hour, looks: 0 });
    for (const oldest of inquiries.keys()) {
      if (inquiries.size <= MAX_INQUIRIES) break;
      inquiries.delete(oldest);
    }
  }

  /** Whether a guard may have one more edge looked into in this hour. */
  function mayMove(by: string, edge: string, hour: bigint): boolean {
    let of = moved.get(by);
    if (of?.hour !== hour) {
      of = { hour, edges: new Set() };
      moved.set(by, of);
    }
    if (of.edges.has(edge)) return true;
    if (of.edges.size >= EDGES_OF_GUARD) return false;
    of.edges.add(edge);
    return true;
  }

  const own = (snapshot: Snapshot, edge: Found<'edge'>): OwnSight =>
    sightOf(book, edge.address, sightHours(snapshot.config, edge, hourOf(snapshot)));

  /** What is known of an edge: seen by this guard, and told by others of the week's set. */
  async function known(snapshot: Snapshot, edge: Found<'edge'>) {
    const set = await deps.network.guardSet(weekAt(snapshot.config, snapshot.now), snapshot);
    const { from } = sightHours(snapshot.config, edge, hourOf(snapshot));
    const others = set.entries.flatMap(({ guard: by }) => {
      if (by === guard.address) return [];
      const finding = heard.get(by)?.get(edge.address);
      // Of hours before it came back an edge answers no more.
      return finding === undefined || finding.from < from - 1n || finding.until < from ? [] : [finding];
    });
    return { mine: own(snapshot, edge), others, setSize: Math.max(1, set.entries.length) };
  }

  return {
    async told(snapshot) {
      const found: Finding[] = [];
      for (const edge of snapshot.edges) {
        if (edge.status !== NODE_STATUS.active) continue;
        const { last, byResource: _, ...sight } = own(snapshot, edge);
        if (last === undefined) {
          signed.delete(edge.address);
          continue;
        }
        const before = signed.get(edge.address);
        const isSame =
          before !== undefined &&
          before.looks === sight.looks &&
          before.wrong === sight.wrong &&
          before.from === sight.from &&
          before.until === sight.until;
        const finding = isSame
          ? before
          : await signFinding(
              {
                guard: guard.address,
                edge: edge.address,
                ...sight,
                resource: last.resource,
                target: fromHex(last.target, 32) ?? new Uint8Array(32),
              },
              (message) => signEvidence(deps.operator, message),
            );
        signed.set(edge.address, finding);
        found.push(finding);
      }
      return found.sort((a, b) => b.wrong - a.wrong);
    },
    hear(by, findings, hour) {
      const edges = new Map<string, Finding>();
      for (const finding of findings) {
        // What is over, or has not been yet, says nothing of now.
        if (finding.until > hour + 1n || finding.until + 24n < hour) continue;
        edges.set(finding.edge, finding);
        if (mayMove(by, finding.edge, hour))
          inquire(finding.edge, hour, { resource: finding.resource, target: toHex(finding.target) });
      }
      heard.set(by, edges);
    },
    keep(guards, oldest) {
      for (const by of heard.keys()) if (!guards.has(by)) heard.delete(by);
      for (const by of moved.keys()) if (!guards.has(by)) moved.delete(by);
      for (const [edge, { hour }] of inquiries) if (hour < oldest) inquiries.delete(edge);
    },
    own,
    async judge(snapshot, edge, claimed) {
      const { mine, others, setSize } = await known(snapshot, edge);
      const found = secondingOf(mine, others, setSize, claimed);
      return found.kind === 'guilty' && isOneOrigins(snapshot, mine, others, setSize)
        ? { kind: 'unsure' }
        : found;
    },
    async mayBeOrigin(snapshot, edge) {
      const { mine, others, setSize } = await known(snapshot, edge);
      return isOneOrigins(snapshot, mine, others, setSize);
    },
    said: (by, edge) => heard.get(by)?.get(edge),
    toSecond(edge, hour) {
      const inquiry = inquiries.get(edge);
      return inquiry?.hour === hour && inquiry.looks < LOOKS_PER_HOUR ? inquiry : undefined;
    },
    seconded(edge, hour) {
      const inquiry = inquiries.get(edge);
      if (inquiry?.hour === hour) inquiry.looks += 1;
    },
    open: inquire,
    get heard() {
      let count = 0;
      for (const edges of heard.values()) count += edges.size;
      return count;
    },
  };
}

/** Stands for a target that nobody named. */
export const ANY_TARGET: string = toHex(new Uint8Array(32));
