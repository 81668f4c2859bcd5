import type { Counter, MeterRound } from '@media-network/protocol';
import type { ProbedBytes, ProbeTotal } from '../types.ts';

/** An edge answered with other bytes than its origin has. */
export interface WrongBody {
  readonly target: string;
  readonly range: readonly [first: number, last: number];
  /** Hex SHA-256 of the bytes compared. */
  readonly edgeHash: string;
  readonly originHash: string;
  readonly atMs: number;
  /** The edge's signed statement about the object, hex, where it gave one. */
  readonly attest: string | undefined;
}

/** What probes found at one edge in one hour. */
export interface EdgeHourProbes {
  readonly counters: readonly Counter[];
  readonly rounds: readonly MeterRound[];
  readonly wrongBodies: readonly WrongBody[];
  readonly sameBodies: number;
  readonly alive: number;
  readonly silent: number;
}

/** Results of probes by edge and hour, for the meter. In memory: after a restart nothing is known, and nobody is blamed for that. */
export interface ProbeBook {
  addCounter(counter: Counter): void;
  addRound(edge: string, hour: bigint, round: MeterRound): void;
  addBody(edge: string, hour: bigint, finding: 'same' | WrongBody): void;
  addContact(edge: string, hour: bigint, alive: boolean): void;
  addBytes(edge: string, resource: string, hour: bigint, bytes: bigint): void;
  of(edge: string, hour: bigint): EdgeHourProbes;
  /** Own counters of all edges in an hour, for other guards. */
  countersOf(hour: bigint): readonly Counter[];
  readonly probedBytes: readonly ProbedBytes[];
  /** Requests to each edge and the bytes of their answers, since the guard began. */
  readonly totals: readonly ProbeTotal[];
  /** Drops hours before this one. */
  forgetBefore(hour: bigint): void;
}

interface Cell {
  counters: Counter[];
  rounds: MeterRound[];
  wrongBodies: WrongBody[];
  sameBodies: number;
  alive: number;
  silent: number;
}

/** Of each resource only these matter: the one with the latest start and the one with the most bytes; but rounds are few. */
const MAX_COUNTERS = 256;

export function createProbeBook(): ProbeBook {
  const hours = new Map<bigint, Map<string, Cell>>();
  const bytes = new Map<string, ProbedBytes>();
  const totals = new Map<string, { requests: number; bytes: bigint }>();

  function cell(edge: string, hour: bigint): Cell {
    let edges = hours.get(hour);
    if (edges === undefined) {
      edges = new Map();
      hours.set(hour, edges);
    }
    let found = edges.get(edge);
    if (found === undefined) {
      found = { counters: [], rounds: [], wrongBodies: [], sameBodies: 0, alive: 0, silent: 0 };
      edges.set(edge, found);
    }
    return found;
  }

  return {
    addCounter(counter) {
      const { counters } = cell(counter.edge, counter.hour);
      counters.push(counter);
      if (counters.length > MAX_COUNTERS) counters.splice(1, 1);
    },
    addRound: (edge, hour, round) => void cell(edge, hour).rounds.push(round),
    addBody(edge, hour, finding) {
      const found = cell(edge, hour);
      if (finding === 'same') found.sameBodies += 1;
      else found.wrongBodies.push(finding);
    },
    addContact(edge, hour, alive) {
      const found = cell(edge, hour);
      if (alive) found.alive += 1;
      else found.silent += 1;
    },
    addBytes(edge, resource, hour, more) {
      const total = totals.get(edge) ?? { requests: 0, bytes: 0n };
      totals.set(edge, { requests: total.requests + 1, bytes: total.bytes + more });
      const key = `${edge} ${resource} ${hour}`;
      bytes.set(key, { edge, resource, hour, bytes: (bytes.get(key)?.bytes ?? 0n) + more });
    },
    of(edge, hour) {
      const found = hours.get(hour)?.get(edge);
      return found ?? { counters: [], rounds: [], wrongBodies: [], sameBodies: 0, alive: 0, silent: 0 };
    },
    countersOf: (hour) => [...(hours.get(hour)?.values() ?? [])].flatMap((found) => found.counters),
    get totals() {
      return [...totals].map(([edge, total]) => ({ edge, ...total }));
    },
    get probedBytes() {
      return [...bytes.values()];
    },
    forgetBefore(hour) {
      for (const key of hours.keys()) if (key < hour) hours.delete(key);
      for (const [key, value] of bytes) if (value.hour < hour) bytes.delete(key);
    },
  };
}
