import type { Path } from './places.ts';

/** Some bytes of what was sent, and when they are there. */
export interface Arrival {
  readonly bytes: number;
  readonly atMs: number;
}

/** One direction of a TCP connection over a path: what is lost comes again, and holds up what is behind it. */
export interface Lane {
  /** When the bytes that are sent now arrive, in their order and one after the other. */
  send(nowMs: number, bytes: number): readonly Arrival[];
}

const PACKET_BYTES = 1_460;
/** RFC 6298's floor as Linux has it; the first one of a connection is a second (RFC 6298 §2.1). */
const LEAST_TIMEOUT_MS = 200;
export const FIRST_TIMEOUT_MS = 1_000;
/** So many packets behind a lost one tell its sender at once (RFC 5681 §3.2). */
const DUPLICATE_ACKS = 3;
/** Part of the way that queues add at most. */
const JITTER = 0.1;

/** `random`: from 0 up to 1. */
export function createLane({ oneWayMs, loss }: Path, random: () => number): Lane {
  let last = 0;
  const roundTripMs = 2 * oneWayMs;

  /** How much later a packet comes for having been lost, perhaps more than once; 0 where it was not. */
  function lateMs(behind: number): number {
    let late = 0;
    let timeout = Math.max(LEAST_TIMEOUT_MS, 2 * roundTripMs);
    for (let again = 0; random() < loss && again < 10; again += 1) {
      if (again === 0 && behind >= DUPLICATE_ACKS) late += roundTripMs;
      else {
        late += timeout;
        timeout *= 2;
      }
    }
    return late;
  }

  return {
    send(nowMs, bytes) {
      const arrivals: { bytes: number; atMs: number }[] = [];
      last = Math.max(last, nowMs + oneWayMs * (1 + JITTER * random()));
      const packets = Math.max(1, Math.ceil(bytes / PACKET_BYTES));
      for (let packet = 0; packet < packets; packet += 1) {
        const size = Math.min(PACKET_BYTES, bytes - packet * PACKET_BYTES);
        const late = lateMs(packets - 1 - packet);
        const before = arrivals.at(-1);
        last += late;
        if (before !== undefined && late === 0) before.bytes += size;
        else arrivals.push({ bytes: size, atMs: last });
      }
      return arrivals;
    },
  };
}

/** How long a connection takes to be there: a round trip, and a second and more where a packet of it was lost. */
export function handshakeMs({ oneWayMs, loss }: Path, random: () => number): number {
  let ms = 2 * oneWayMs;
  let timeout = FIRST_TIMEOUT_MS;
  for (let again = 0; (random() < loss || random() < loss) && again < 6; again += 1) {
    ms += timeout;
    timeout *= 2;
  }
  return ms;
}
