/**
 * What a guard may take from edges with its probes, which publishers are billed for like anything open. All guards of
 * the set together stay within `bytesPerHour` an edge and hour where traffic is low, and within one percent of a
 * resource's traffic where it is high. What is not used carries over, so that now and then there is room for a whole
 * picture. Only where an answer was wrong is more allowed, for as long as it takes to be sure, and a quarter of that where
 * another guard says that one was: a lying guard costs an honest edge no more.
 */
export interface ProbeBudget {
  /** Bytes that may be asked of an edge for a resource now. */
  room(edge: string, resource: string, hour: bigint): number;
  spend(edge: string, resource: string, hour: bigint, bytes: number): void;
  /** Traffic of a resource at an edge in an hour, as reported. */
  note(edge: string, resource: string, hour: bigint, bytes: bigint): void;
  /** An answer was wrong: room for an inquiry in this hour and the next, which begins with a suspicion. */
  suspect(edge: string, resource: string, hour: bigint): void;
  /** Another guard says that an answer was wrong: room to look whether it is so, in this hour. */
  second(edge: string, resource: string, hour: bigint): void;
  /** Whether an inquiry of this guard's own is open. */
  isSuspect(edge: string, resource: string, hour: bigint): boolean;
  /** Guards that share the bound. */
  share(guards: number): void;
  forgetBefore(hour: bigint): void;
}

/** Hours whose unused room is kept. */
const CARRY_HOURS = 24;
const TRAFFIC_PART = 100;
/** Room of an inquiry: some forty answers of ordinary objects. */
const INQUIRY_BYTES = 4 * 2 ** 20;
/** Room to second what another guard found. */
const SECOND_BYTES = 2 ** 20;
const MAX_CELLS = 50_000;

interface Purse {
  hour: bigint;
  bytes: number;
}

const key = (edge: string, resource: string): string => `${edge} ${resource}`;
const cell = (edge: string, resource: string, hour: bigint): string => `${edge} ${resource} ${hour}`;

export function createProbeBudget(bytesPerHour: number): ProbeBudget {
  let guards = 1;
  /** By edge: the small fixed amount. By edge and resource: the part of its traffic. */
  const fixed = new Map<string, Purse>();
  const traffic = new Map<string, Purse>();
  const inquiries = new Map<string, number>();
  const seconds = new Map<string, number>();

  function purse(edge: string, hour: bigint): Purse {
    const most = Math.max(bytesPerHour, Math.ceil((CARRY_HOURS * bytesPerHour) / guards));
    let found = fixed.get(edge);
    if (found === undefined) {
      // A first look is a whole one.
      found = { hour, bytes: bytesPerHour };
      fixed.set(edge, found);
      trim(fixed);
    }
    if (hour > found.hour) {
      const hours = Math.min(Number(hour - found.hour), CARRY_HOURS);
      found.bytes = Math.min(most, found.bytes + Math.floor((hours * bytesPerHour) / guards));
      found.hour = hour;
    }
    return found;
  }

  return {
    room(edge, resource, hour) {
      const inquiry =
        inquiries.get(cell(edge, resource, hour)) ?? seconds.get(cell(edge, resource, hour)) ?? 0;
      const share = traffic.get(key(edge, resource))?.bytes ?? 0;
      return Math.max(0, purse(edge, hour).bytes, share, inquiry);
    },
    spend(edge, resource, hour, bytes) {
      // Taken from the largest; one answer may be above what was expected, and the purse pays for that later.
      const id = cell(edge, resource, hour);
      const open = inquiries.has(id) ? inquiries : seconds;
      const inquiry = open.get(id) ?? 0;
      const share = traffic.get(key(edge, resource));
      const small = purse(edge, hour);
      if (inquiry >= Math.max(small.bytes, share?.bytes ?? 0) && inquiry > 0)
        open.set(id, Math.max(0, inquiry - bytes));
      else if (share !== undefined && share.bytes >= small.bytes) share.bytes -= bytes;
      else small.bytes -= bytes;
    },
    note(edge, resource, hour, bytes) {
      const part = Math.floor(Math.min(Number(bytes), 2 ** 50) / TRAFFIC_PART / guards);
      const before = traffic.get(key(edge, resource));
      if (before !== undefined && before.hour >= hour) return;
      const carried = Math.max(0, before?.bytes ?? 0);
      traffic.set(key(edge, resource), { hour, bytes: Math.min(carried + part, CARRY_HOURS * part) });
      trim(traffic);
    },
    suspect(edge, resource, hour) {
      for (const each of [hour, hour + 1n]) {
        const id = cell(edge, resource, each);
        if (!inquiries.has(id)) inquiries.set(id, INQUIRY_BYTES);
      }
      trim(inquiries);
    },
    second(edge, resource, hour) {
      const id = cell(edge, resource, hour);
      if (!seconds.has(id)) seconds.set(id, SECOND_BYTES);
      trim(seconds);
    },
    isSuspect: (edge, resource, hour) => inquiries.has(cell(edge, resource, hour)),
    share(count) {
      guards = Math.max(1, count);
    },
    forgetBefore(hour) {
      for (const open of [inquiries, seconds])
        for (const id of open.keys()) if (BigInt(id.split(' ')[2] ?? 0) < hour) open.delete(id);
    },
  };
}

function trim(map: Map<string, unknown>): void {
  for (const oldest of map.keys()) {
    if (map.size <= MAX_CELLS) break;
    map.delete(oldest);
  }
}
