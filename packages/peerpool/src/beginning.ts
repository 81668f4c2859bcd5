/**
 * When a viewer begins to share: once playback has what it needs. Before that passes, trackers, digests and handshakes
 * would take from the line and the processor by which its first segments come.
 */
export interface Beginning {
  readonly isDone: boolean;
  /** A segment came from the edge; `bufferedMs` says what is loaded ahead of the viewer. */
  arrived(bufferedMs: () => number): void;
  /** It never begins. */
  stop(): void;
}

export interface BeginningDeps {
  readonly nowMs: () => number;
  /** Playback below which the edge is asked at once. */
  readonly criticalMs: () => number;
  readonly begin: () => void;
}

/** How often it is looked whether there is enough. */
const LOOK_MS = 100;
/** After the first segment: an edge too slow for a buffer is what peers are for, and a player may wait to be started. */
const LATEST_MS = 4_000;

export function createBeginning({ nowMs, criticalMs, begin }: BeginningDeps): Beginning {
  let firstMs: number | undefined;
  let state: 'not-yet' | 'done' | 'never' = 'not-yet';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let buffered: (() => number) | undefined;

  function look(): void {
    timer = undefined;
    if (state !== 'not-yet' || firstMs === undefined) return;
    if ((buffered?.() ?? 0) <= criticalMs() && nowMs() - firstMs < LATEST_MS) {
      timer = setTimeout(look, LOOK_MS);
      return;
    }
    state = 'done';
    begin();
  }

  return {
    get isDone() {
      return state === 'done';
    },
    arrived(bufferedMs) {
      buffered = bufferedMs;
      firstMs ??= nowMs();
      // The player gets the segment first.
      if (state === 'not-yet') timer ??= setTimeout(look);
    },
    stop() {
      if (state === 'not-yet') state = 'never';
      clearTimeout(timer);
    },
  };
}
