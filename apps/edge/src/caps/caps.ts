import type { Clock } from '@media-network/runtime';
import { secondsUntil } from './hours.ts';
import type { HoursOfDay } from './hours.ts';
import { secondsOfMonth } from './month-book.ts';
import type { MonthBook } from './month-book.ts';

/** What the operator gives at most: spare bandwidth is spare. */
export interface CapsOptions {
  /** Megabits a second, to all viewers together. */
  readonly maxMbit: number | undefined;
  /** Gigabytes (10⁹) a month. */
  readonly maxGbMonth: number | undefined;
  readonly hours: HoursOfDay | undefined;
}

export interface CapRefusal {
  readonly code: 'edge/off-hours' | 'edge/month-used' | 'edge/at-capacity';
  readonly retryAfterSeconds: number;
}

/** What an edge says of its caps to whoever asks, guards among them. */
export interface CapsFacts {
  readonly maxMbit: number | null;
  readonly maxGbMonth: number | null;
  /** As minutes of this machine's day. */
  readonly hours: HoursOfDay | null;
  readonly monthBytes: number;
  /** Whether a viewer would be served now; else the code and when it is worth asking again. */
  readonly serves: boolean;
  readonly code: CapRefusal['code'] | null;
  readonly retryAfterSeconds: number;
}

export interface Caps {
  /** Why nobody is served now; undefined where somebody is. */
  refusal(nowMs: number): CapRefusal | undefined;
  /** Whether an answer has to wait for its turn: who cannot wait hands it over. */
  mustWait(nowMs: number): boolean;
  /** Bytes that may leave before it has to. */
  roomBytes(nowMs: number): number;
  /** Bytes that left; `paced` of them had their turn before. */
  left(bytes: number, paced: number): void;
  /** Whether answers have turns at all. */
  readonly paces: boolean;
  /** Resolves when it is the turn of so many bytes; at once when the viewer leaves. */
  turn(bytes: number, signal: AbortSignal): Promise<void>;
  facts(nowMs: number): CapsFacts;
}

export interface CapsDeps {
  readonly clock: Clock;
  readonly month: MonthBook;
  /** All that resources were ever served here. */
  readonly totalBytes: () => number;
}

/** What may leave at once after a pause. */
const BURST_MS = 1_000;
/** Who would wait longer than that is told to come again. */
const MAX_WAIT_MS = 10_000;

export function createCaps(deps: CapsDeps, { maxMbit, maxGbMonth, hours }: CapsOptions): Caps {
  const { clock, month } = deps;
  const bytesPerMs = maxMbit === undefined ? Number.POSITIVE_INFINITY : (maxMbit * 1e6) / 8 / 1e3;
  const maxMonthBytes = maxGbMonth === undefined ? Number.POSITIVE_INFINITY : maxGbMonth * 1e9;
  const paces = maxMbit !== undefined;
  const burst = bytesPerMs * BURST_MS;
  let tokens = burst;
  let filledAtMs = clock.nowMs();
  let lookedAt = Number.NaN;
  let closed: CapRefusal | undefined;

  function fill(nowMs: number): void {
    if (!paces) return;
    if (nowMs > filledAtMs) tokens = Math.min(burst, tokens + (nowMs - filledAtMs) * bytesPerMs);
    // A clock that was put back must not stop everybody until it has caught up.
    filledAtMs = nowMs;
  }

  function waitMs(nowMs: number): number {
    fill(nowMs);
    return tokens >= 0 ? 0 : Math.ceil(-tokens / bytesPerMs);
  }

  /** By the calendar. */
  function closedAt(nowMs: number): CapRefusal | undefined {
    const off = hours === undefined ? 0 : secondsUntil(hours, nowMs);
    if (off > 0) return { code: 'edge/off-hours', retryAfterSeconds: off };
    return maxGbMonth !== undefined && month.bytes(deps.totalBytes(), nowMs) >= maxMonthBytes
      ? { code: 'edge/month-used', retryAfterSeconds: secondsOfMonth(nowMs) }
      : undefined;
  }

  function refusal(nowMs: number): CapRefusal | undefined {
    // Every request asks; the calendar is looked at once a second.
    const second = Math.floor(nowMs / 1_000);
    if (second !== lookedAt) {
      closed = closedAt(nowMs);
      lookedAt = second;
    }
    if (closed !== undefined) return closed;
    const wait = paces ? waitMs(nowMs) : 0;
    if (wait <= MAX_WAIT_MS) return undefined;
    return { code: 'edge/at-capacity', retryAfterSeconds: Math.ceil((wait - MAX_WAIT_MS) / 1_000) };
  }

  return {
    refusal,
    mustWait: (nowMs) => paces && waitMs(nowMs) > 0,
    roomBytes(nowMs) {
      fill(nowMs);
      const left =
        maxGbMonth === undefined ? maxMonthBytes : maxMonthBytes - month.bytes(deps.totalBytes(), nowMs);
      return Math.max(0, Math.min(tokens, left));
    },
    left(bytes, paced) {
      if (paces) tokens -= bytes - paced;
    },
    paces,
    async turn(bytes, signal) {
      if (!paces) return;
      const wait = waitMs(clock.nowMs());
      // In the order in which they ask: each stands behind what those before it take.
      tokens -= bytes;
      if (wait > 0) await clock.sleep(wait, signal);
    },
    facts(nowMs) {
      const refused = closedAt(nowMs) ?? refusal(nowMs);
      return {
        maxMbit: maxMbit ?? null,
        maxGbMonth: maxGbMonth ?? null,
        hours: hours ?? null,
        monthBytes: month.bytes(deps.totalBytes(), nowMs),
        serves: refused === undefined,
        code: refused?.code ?? null,
        retryAfterSeconds: refused?.retryAfterSeconds ?? 0,
      };
    },
  };
}
