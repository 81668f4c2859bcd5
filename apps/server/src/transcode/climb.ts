import { createFollower } from '@media-network/hls';
import type { Follower, FollowerEvent, StretchStart, VideoTrack, VideoUnit } from '@media-network/hls';
import type { TrackWindow } from '../track-window.ts';
import type { Rung } from './ladder.ts';

/** A cut of the stream itself, which its rungs follow. */
export interface SourceCut {
  /** When the picture is shown that the next segment begins with, since the stretch began; undefined where nothing follows. */
  readonly nextShownMs: number | undefined;
  /** Unix milliseconds of the segment's first frame, and how long the source's one lasts, seconds. */
  readonly atMs: number;
  readonly duration: number;
  readonly stretch: StretchStart;
}

/** One rung from the beginning of a stretch to its end: pictures as they come, cut as the source is. */
export interface Climb {
  readonly rung: Rung;
  readonly window: TrackWindow;
  /** Cuts of the source that its pictures have not reached. */
  readonly behind: number;
  /** False where pictures come that go with other initialisation bytes than those before: it cannot go on in the same stretch. */
  config(track: VideoTrack): boolean;
  picture(unit: VideoUnit): void;
  cut(cut: SourceCut): void;
  /** Nothing more comes for the cuts that were told of: what there is of those segments is all. */
  settle(): void;
}

export function createClimb(rung: Rung, window: TrackWindow, partMs: number): Climb {
  const pending: SourceCut[] = [];
  let follower: Follower | undefined;
  let config: Uint8Array | undefined;

  function end(): void {
    const cut = pending.shift();
    if (cut !== undefined) window.cut({ ...cut, durationIfEmpty: cut.duration });
  }
  function take(events: readonly FollowerEvent[]): void {
    for (const event of events)
      if (event.kind === 'part') window.part(event.part);
      else end();
  }

  return {
    rung,
    window,
    get behind() {
      return pending.length;
    },
    config(track) {
      if (config !== undefined && Buffer.compare(config, track.config) !== 0) return false;
      const next = createFollower(track, { partMs });
      for (const { nextShownMs } of pending) next.cutAt(nextShownMs ?? Number.POSITIVE_INFINITY);
      follower = next;
      if (config === undefined) window.describe(track, next.init);
      ({ config } = track);
      return true;
    },
    picture(unit) {
      if (follower !== undefined) take(follower.video(unit));
    },
    cut(cut) {
      pending.push(cut);
      follower?.cutAt(cut.nextShownMs ?? Number.POSITIVE_INFINITY);
    },
    settle() {
      if (follower !== undefined) take(follower.finish());
      follower = undefined;
      while (pending.length > 0) end();
    },
  };
}
