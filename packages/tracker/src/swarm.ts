import type { FromTracker } from '@media-network/peerpool/tracker-messages';

/** A viewer as its tracker knows it. */
export interface Member {
  /** 32 hex digits, its own choice. */
  readonly id: string;
  /** From near to far: the network that it is in, then its country; empty where nobody knows. */
  readonly places: readonly string[];
  /** Those that it was introduced to. */
  readonly links: Set<string>;
  /** Peers that reported it. */
  readonly reporters: Set<string>;
  /** More peers that it takes, as it said last. */
  wants: number;
  send(message: FromTracker): void;
}

/** Viewers of one content. */
export interface Swarm {
  readonly size: number;
  get(id: string): Member | undefined;
  add(member: Member): void;
  /** Those that were linked with it may be introduced to others. */
  remove(id: string): void;
  /** Introduces a member to as many others as it wants and as there are; the number of introductions. */
  pair(id: string): number;
  members(): readonly Member[];
  /** The size that members were told last. */
  told: number;
}

/** Introductions that a member may have at once; a viewer takes as many connections. */
export const MAX_LINKS = 16;
/** All know all in a swarm of so many and one: then each segment is fetched once for all. */
const ALL = 12;
/** In a larger one who comes is introduced to so many; those who come later bring as many again. */
const BEGIN_WITH = 5;
/** Members that are looked at for one introduction: enough to find near ones, few enough for a swarm of any size. */
const LOOKED_AT = 48;
/** Of four introductions one goes to whoever it may be: clusters that know only themselves starve together. */
const NEAR_OF_FOUR = 3;

/** `random` gives numbers in [0, 1). */
export function createSwarm(random: () => number): Swarm {
  const byId = new Map<string, number>();
  const all: Member[] = [];

  const get = (id: string): Member | undefined => {
    const at = byId.get(id);
    return at === undefined ? undefined : all[at];
  };

  function sample(count: number): Member[] {
    if (all.length <= count) return [...all];
    const found = new Set<Member>();
    for (let i = 0; i < count; i += 1) {
      const each = all[Math.floor(random() * all.length)];
      if (each !== undefined) found.add(each);
    }
    return [...found];
  }

  function introduce(one: Member, other: Member): void {
    one.links.add(other.id);
    other.links.add(one.id);
    other.send({ type: 'peer', id: one.id, offer: false });
    one.send({ type: 'peer', id: other.id, offer: true });
  }

  const swarm: Swarm = {
    told: 0,
    get size() {
      return all.length;
    },
    get,
    add(member) {
      byId.set(member.id, all.length);
      all.push(member);
      for (const link of member.links) get(link)?.links.add(member.id);
    },
    remove(id) {
      const at = byId.get(id);
      const member = get(id);
      if (at === undefined || member === undefined) return;
      byId.delete(id);
      const last = all.pop();
      if (last !== undefined && last !== member) {
        all[at] = last;
        byId.set(last.id, at);
      }
      for (const link of member.links) get(link)?.links.delete(id);
    },
    pair(id) {
      const member = get(id);
      if (member === undefined) return 0;
      const candidates = sample(LOOKED_AT).filter(
        (each) => each !== member && !member.links.has(each.id) && each.links.size < MAX_LINKS,
      );
      const near = candidates
        .map((each) => ({ each, by: -nearness(member, each) + random() / 2 }))
        .sort((a, b) => a.by - b.by)
        .map(({ each }) => each);
      const most = Math.min(all.length > ALL + 1 ? BEGIN_WITH : ALL, member.links.size + member.wants);
      let made = 0;
      while (near.length > 0 && member.links.size < most) {
        const at = made % 4 < NEAR_OF_FOUR ? 0 : Math.floor(random() * near.length);
        const [other] = near.splice(at, 1);
        if (other === undefined) break;
        introduce(member, other);
        made += 1;
      }
      return made;
    },
    members: () => all,
  };
  return swarm;
}

/** 2 in the same network, 1 in the same country. */
function nearness(one: Member, other: Member): number {
  const [network, country] = one.places;
  if (network !== undefined && network !== '' && network === other.places[0]) return 2;
  return country !== undefined && country !== '' && country === other.places[1] ? 1 : 0;
}
