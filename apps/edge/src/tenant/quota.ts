/** Seconds of full speed that a resource may take at once: a sample of the real network. */
const BURST_SECONDS = 300;
/** Whatever the quota, this much may go at once: a page and a short film. */
const MIN_BURST_BYTES = 64 * 2 ** 20;

/** A resource may burst to this many times its quota while its month allows it (whitepaper §2.6). */
const BURST_FACTOR = 10;

/**
 * Ceiling on what this edge serves of one resource: a token bucket at ten times the resource's quota. It is
 * filled by time and emptied by bytes written, so a response that was admitted is never cut; what it
 * overdrew must flow back first. Over all edges, and over a month, guards hold a resource to its quota by
 * shares (`createShare`); this is what is left where none of them answers.
 */
export interface Quota {
  setKbps(kbps: number, nowMs: number): void;
  /** Seconds until the bucket has something again; 0 while it has. */
  waitSeconds(nowMs: number): number;
  /** Bytes that may be served before it says to wait. */
  roomBytes(nowMs: number): number;
  spend(bytes: number): void;
}

export function createQuota(kbps: number, nowMs: number): Quota {
  let bytesPerMs = (BURST_FACTOR * kbps) / 8;
  let capacity = capacityOf(bytesPerMs);
  let tokens = capacity;
  let filledAt = nowMs;

  function fill(at: number): void {
    if (at <= filledAt) return;
    tokens = Math.min(capacity, tokens + (at - filledAt) * bytesPerMs);
    filledAt = at;
  }

  return {
    setKbps(next, at) {
      fill(at);
      const before = capacity;
      bytesPerMs = (BURST_FACTOR * next) / 8;
      capacity = capacityOf(bytesPerMs);
      // More quota is there to be used at once; less takes away what was not used.
      tokens = Math.min(capacity, tokens + Math.max(0, capacity - before));
    },
    waitSeconds(at) {
      fill(at);
      if (bytesPerMs <= 0) return BURST_SECONDS;
      return tokens > 0 ? 0 : Math.min(3600, Math.ceil((1 - tokens) / bytesPerMs / 1000));
    },
    roomBytes(at) {
      fill(at);
      return Math.max(0, tokens);
    },
    spend(bytes) {
      tokens -= bytes;
    },
  };
}

function capacityOf(bytesPerMs: number): number {
  return bytesPerMs <= 0 ? 0 : Math.max(MIN_BURST_BYTES, bytesPerMs * 1000 * BURST_SECONDS);
}
