import { readToTracker } from '@media-network/peerpool/tracker-messages';
import type { FromTracker, JoinMessage, ToTracker } from '@media-network/peerpool/tracker-messages';
import type { Clock } from '@media-network/runtime';
import { MAX_LINKS, createSwarm } from './swarm.ts';
import type { Member, Swarm } from './swarm.ts';

/** Who asks, as the connection says it. */
export interface Caller {
  readonly address: string;
  /** `Origin` of the page. */
  readonly origin: string | undefined;
}

export type Admission =
  | { readonly kind: 'admitted'; /** 64 hex digits. */ readonly swarm: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly retryMs: number };

export interface TrackerDeps {
  /** Whether a viewer may join, and what. Never rejects. */
  readonly admit: (join: JoinMessage, caller: Caller) => Promise<Admission>;
  /** Where an address is, from near to far: its network, its country. */
  readonly placesOf: (address: string) => readonly string[];
  /** URLs of STUN servers for viewers. */
  readonly ice: () => readonly string[];
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: () => number;
}

/** The line to one viewer. */
export interface Line {
  send(message: FromTracker): void;
  /** Nothing more is wanted of it. */
  close(): void;
}

export interface TrackerStats {
  readonly viewers: number;
  readonly swarms: number;
  readonly introductions: number;
  readonly signals: number;
  readonly refused: number;
  readonly reports: number;
}

/** Introduces viewers of the same content to each other. Keeps nothing: after a restart they come again, and go on sharing meanwhile. */
export interface Tracker {
  readonly stats: TrackerStats;
  connect(line: Line, caller: Caller): { message(text: string): void; closed(): void };
  /** Tells viewers how many there are; to be called every few seconds. */
  tellSizes(): void;
}

/** More than that would take more memory than a guard has to give: a viewer takes some 4 KB. */
const MAX_VIEWERS = 20_000;
/** Viewers of one address (a household, a school, a carrier's NAT). */
const MAX_OF_ADDRESS = 256;
/** Messages of a viewer: a handshake has a dozen, and it has a dozen of them when it comes. */
const MESSAGES = { perSecond: 30, burst: 400 };
/** So many that were introduced to it say that a viewer sends wrong bytes: nobody is introduced to it any more. */
const MAX_REPORTERS = 3;

export function createTracker(deps: TrackerDeps): Tracker {
  const swarms = new Map<string, Swarm>();
  const ofAddress = new Map<string, number>();
  const counts = { viewers: 0, introductions: 0, signals: 0, refused: 0, reports: 0 };

  function leave(name: string, id: string): void {
    const swarm = swarms.get(name);
    if (swarm?.get(id) === undefined) return;
    swarm.remove(id);
    counts.viewers -= 1;
    if (swarm.size === 0) swarms.delete(name);
  }

  return {
    get stats() {
      return { ...counts, swarms: swarms.size };
    },
    connect(line, caller) {
      let state: 'new' | 'joining' | 'joined' | 'over' = 'new';
      let joined: { readonly name: string; readonly member: Member } | undefined;
      let allowance = MESSAGES.burst;
      let allowedMs = deps.clock.nowMs();
      const before = ofAddress.get(caller.address) ?? 0;
      ofAddress.set(caller.address, before + 1);

      function refuse(code: string, message: string, retryMs: number): void {
        counts.refused += 1;
        state = 'over';
        line.send({ type: 'error', code, message, retryMs });
        line.close();
      }

      async function join(message: JoinMessage): Promise<void> {
        state = 'joining';
        const admission = await deps.admit(message, caller);
        // The viewer may have gone meanwhile.
        if ((state as string) !== 'joining') return;
        if (admission.kind === 'refused') return refuse(admission.code, admission.message, admission.retryMs);
        if (counts.viewers >= MAX_VIEWERS)
          return refuse('tracker/full', 'This tracker has as many viewers as it takes.', 60_000);
        const swarm = swarms.get(admission.swarm) ?? createSwarm(deps.random);
        if (swarm.get(message.id) !== undefined)
          return refuse('tracker/taken', 'Another viewer has this name.', 10_000);
        swarms.set(admission.swarm, swarm);
        const member: Member = {
          id: message.id,
          places: deps.placesOf(caller.address),
          links: new Set(message.links),
          reporters: new Set(),
          wants: Math.max(0, MAX_LINKS - message.links.length),
          send: (said) => line.send(said),
        };
        joined = { name: admission.swarm, member };
        state = 'joined';
        swarm.add(member);
        counts.viewers += 1;
        line.send({ type: 'joined', size: swarm.size, ice: deps.ice() });
        counts.introductions += swarm.pair(member.id);
      }

      function said(message: Exclude<ToTracker, JoinMessage>): void {
        if (joined === undefined) return;
        const { member, name } = joined;
        const swarm = swarms.get(name);
        switch (message.type) {
          case 'signal': {
            // Only whom the tracker has introduced may speak to each other through it.
            const other = member.links.has(message.to) ? swarm?.get(message.to) : undefined;
            if (other === undefined) return;
            counts.signals += 1;
            return other.send({ type: 'signal', from: member.id, data: message.data });
          }
          case 'want':
            member.wants = Math.min(message.peers, MAX_LINKS);
            counts.introductions += swarm?.pair(member.id) ?? 0;
            return;
          case 'report': {
            const other = member.links.has(message.peer) ? swarm?.get(message.peer) : undefined;
            if (other === undefined) return;
            counts.reports += 1;
            other.reporters.add(member.id);
            member.links.delete(other.id);
            other.links.delete(member.id);
            if (other.reporters.size < MAX_REPORTERS) return;
            other.send({
              type: 'error',
              code: 'tracker/reported',
              message: 'Several viewers got wrong bytes from this one.',
              retryMs: 600_000,
            });
            return leave(name, other.id);
          }
          default:
            return message satisfies never;
        }
      }

      if (before >= MAX_OF_ADDRESS) refuse('tracker/too-many', 'Too many viewers of this address.', 60_000);

      return {
        message(text) {
          if (state === 'over') return;
          const now = deps.clock.nowMs();
          allowance = Math.min(MESSAGES.burst, allowance + ((now - allowedMs) / 1_000) * MESSAGES.perSecond);
          allowedMs = now;
          allowance -= 1;
          if (allowance < 0) return refuse('tracker/too-fast', 'Too many messages.', 60_000);
          const message = readToTracker(text);
          if (message === undefined)
            return refuse('tracker/malformed', 'This is no message to a tracker.', 600_000);
          if (message.type !== 'join') return said(message);
          if (state !== 'new') return refuse('tracker/malformed', 'A viewer joins once.', 600_000);
          void join(message);
        },
        closed() {
          state = 'over';
          const left = (ofAddress.get(caller.address) ?? 1) - 1;
          if (left === 0) ofAddress.delete(caller.address);
          else ofAddress.set(caller.address, left);
          if (joined !== undefined) leave(joined.name, joined.member.id);
          joined = undefined;
        },
      };
    },
    tellSizes() {
      for (const swarm of swarms.values()) {
        const { size, told } = swarm;
        // Of many, one more or less changes nothing that a viewer goes by.
        if (size === told || Math.abs(size - told) < told / 8) continue;
        swarm.told = size;
        for (const member of swarm.members()) member.send({ type: 'size', size });
      }
    },
  };
}
