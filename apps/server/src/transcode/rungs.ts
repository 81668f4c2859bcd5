import type { RenditionState, VideoTrack, VideoUnit } from '@media-network/hls';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { TrackLock } from '../private/track-lock.ts';
import type { SignSegment } from '../publishing/signed-segment.ts';
import { createTrackWindow, discontinuitiesOf } from '../track-window.ts';
import type { TrackWindow } from '../track-window.ts';
import type { Lease, TranscodeBudget } from './budget.ts';
import { createClimb } from './climb.ts';
import type { Climb, SourceCut } from './climb.ts';
import { ladderFor } from './ladder.ts';
import type { LadderWish, Rung } from './ladder.ts';
import type { Transcode, TranscodeJob, Transcoder } from './transcoder.ts';

export interface RungsDeps {
  readonly transcoder: Transcoder;
  readonly budget: TranscodeBudget;
  readonly clock: Clock;
  readonly log: Log;
  /** For the streamer, in words. */
  readonly advise: (sentence: string) => void;
  /** Players that wait may find what they wait for. */
  readonly wake: () => void;
}

export interface RungsOptions {
  readonly channel: string;
  readonly wish: LadderWish;
  readonly partMs: number;
  readonly windowMs: number;
  readonly sign: SignSegment;
  /** Encrypts what viewers get. */
  readonly lock?: ((track: string) => TrackLock) | undefined;
}

export interface RungStatus {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly bitsPerSecond: number;
  /** Segments of the source that it has not finished. */
  readonly behind: number;
}

/** The qualities of one channel below its source's: what a transcoder makes, cut where the source is cut. */
export interface Rungs {
  /** Those that are made at the moment and have been described, the largest first. */
  readonly live: readonly TrackWindow[];
  /** True while one is made that has no whole segment yet: whoever learns of the stream now would not learn of it. */
  readonly coming: boolean;
  readonly status: readonly RungStatus[];
  window(name: string): TrackWindow | undefined;
  /** A stretch begins; `source` is where the source's own window stands. */
  begin(track: VideoTrack, framesPerSecond: number, source: RenditionState): void;
  unit(unit: VideoUnit): void;
  cut(cut: SourceCut): void;
  /** The stretch ends; its last pictures may still come until another begins. */
  end(): void;
  /** Nothing of it runs any more. */
  close(): Promise<void>;
}

/** So many segments behind the source, and the machine does not carry it. */
const MOST_BEHIND = 4;
/** A transcoder that ends is started again at the next segment; as often as this in one stretch. */
const MOST_RESTARTS = 5;
const RESTART_MS = 1_000;

/** One stretch: from a source's first key frame to its end, or to the loss of its last rung. */
interface Stretch {
  readonly job: TranscodeJob;
  readonly climbs: readonly Climb[];
  readonly lease: Lease;
  run: Transcode | undefined;
  restarts: number;
  /** Not before then. Unix milliseconds. */
  retryAtMs: number;
}

const nameOf = ({ lines }: Rung): string => `video${lines}p`;
const wordsOf = (rungs: readonly Rung[]): string => rungs.map(({ lines }) => `${lines}p`).join(', ');

export function createRungs(
  deps: RungsDeps,
  { channel, wish, partMs, windowMs, sign, lock }: RungsOptions,
): Rungs {
  const { transcoder, budget, clock, log, advise, wake } = deps;
  const windows = new Map<string, TrackWindow>();
  const closing = new Set<Promise<void>>();
  let stretch: Stretch | undefined;
  /** The one before, whose last pictures may still come. */
  let ending: Stretch | undefined;
  /** The picture that a new run may begin with: the first, or the one after a cut. */
  let startsAtMs: number | undefined;
  let isFirst = false;

  function stop(run: Transcode): void {
    const closed = run.close().finally(() => closing.delete(closed));
    closing.add(closed);
  }

  /** What is chosen by itself is as much as there is room for; what was asked for comes whole or not at all. */
  function admit(
    source: VideoTrack,
    framesPerSecond: number,
  ): { job: TranscodeJob; lease: Lease } | undefined {
    const wanted = ladderFor({ ...source, framesPerSecond }, wish);
    for (let from = 0; from < wanted.length; from += 1) {
      const job = { source, framesPerSecond, rungs: wanted.slice(from) };
      const lease = budget.take(transcoder.cost(job));
      if (lease !== undefined) return { job, lease };
      refuse(job, from === 0);
      if (wish.kind !== 'auto') return undefined;
    }
    return undefined;
  }

  function refuse(job: TranscodeJob, isSaid: boolean): void {
    const { width, height } = job.source;
    const [cost, left] = [transcoder.cost(job), Math.max(0, budget.cores - budget.taken)];
    const sentence = `${wordsOf(job.rungs)} of ${width} × ${height} at ${Math.round(job.framesPerSecond)} frames a second would take about ${cost.toFixed(1)} processors, and ${left.toFixed(1)} of the ${budget.cores.toFixed(1)} for transcoding are left.`;
    log.warn({ channel, code: 'server/ladder-refused', cost, left }, sentence);
    if (isSaid)
      advise(`${sentence} Viewers get ${wish.kind === 'auto' ? 'fewer qualities' : 'the source alone'}.`);
  }

  function start(target: Stretch): void {
    const { climbs, job } = target;
    const run = transcoder.start(job, {
      config(index, track) {
        if (stretch !== target || climbs[index]?.config(track) !== false) return;
        target.restarts = MOST_RESTARTS;
        fail(target, run, new Error('its pictures changed'));
      },
      picture(index, unit) {
        climbs[index]?.picture(unit);
        wake();
      },
      ended(error) {
        if (error === undefined) settle(target);
        else fail(target, run, error);
      },
    });
    target.run = run;
  }

  function settle(target: Stretch): void {
    target.run = undefined;
    for (const climb of target.climbs) climb.settle();
    wake();
  }

  function fail(target: Stretch, run: Transcode, error: unknown): void {
    stop(run);
    settle(target);
    if (stretch !== target) return;
    target.restarts += 1;
    log.warn(
      { channel, code: errorCode(error), reason: errorMessage(error), restarts: target.restarts },
      'a transcoder has ended',
    );
    if (target.restarts <= MOST_RESTARTS) {
      target.retryAtMs = clock.nowMs() + RESTART_MS * 2 ** (target.restarts - 1);
      return;
    }
    giveUp(target, `Viewers get the source alone: ${errorMessage(error)}`);
  }

  function giveUp(target: Stretch, sentence: string): void {
    advise(sentence);
    target.lease.release();
    stretch = undefined;
    wake();
  }

  /** The largest rung goes, the others begin anew. */
  function lighten(target: Stretch): void {
    if (target.run !== undefined) stop(target.run);
    settle(target);
    const [largest, ...rest] = target.job.rungs;
    const sentence = `This machine does not carry ${largest === undefined ? '' : wordsOf([largest])}: it fell ${MOST_BEHIND} segments behind the stream`;
    log.warn({ channel, code: 'server/transcoder-behind', rungs: wordsOf(target.job.rungs) }, sentence);
    if (rest.length === 0) {
      giveUp(target, `${sentence}. Viewers get the source alone.`);
      return;
    }
    advise(`${sentence}. It is left out.`);
    const job = { ...target.job, rungs: rest };
    target.lease.shrink(transcoder.cost(job));
    stretch = { ...target, job, climbs: target.climbs.slice(1), run: undefined };
  }

  function endNow(): void {
    if (ending?.run === undefined) return;
    stop(ending.run);
    settle(ending);
  }

  return {
    get live() {
      return (stretch?.climbs ?? []).map(({ window }) => window).filter(({ track }) => track !== undefined);
    },
    get coming() {
      return (stretch?.climbs ?? []).some(({ window }) => !window.state.segments.some(({ gap }) => !gap));
    },
    get status() {
      return (stretch?.climbs ?? []).map(({ rung: { width, height }, window, behind }) => ({
        name: window.name,
        width,
        height,
        bitsPerSecond: window.state.averageBps,
        behind,
      }));
    },
    window: (name) => windows.get(name),

    begin(track, framesPerSecond, source) {
      endNow();
      for (const window of windows.values()) window.begin();
      const admitted = admit(track, framesPerSecond);
      [isFirst, startsAtMs] = [true, undefined];
      if (admitted === undefined) return;
      const { job, lease } = admitted;
      const climbs = job.rungs.map((rung) => {
        const name = nameOf(rung);
        const known = windows.get(name);
        const window =
          known ??
          createTrackWindow(name, {
            channel,
            sign,
            lock,
            windowMs,
            first: source.next,
            discontinuities: discontinuitiesOf(source),
          });
        windows.set(name, window);
        return createClimb(rung, window, partMs);
      });
      stretch = { job, climbs, lease, run: undefined, restarts: 0, retryAtMs: 0 };
      log.info(
        { channel, rungs: wordsOf(job.rungs), transcoder: transcoder.name, cost: transcoder.cost(job) },
        'transcodes',
      );
    },

    unit(unit) {
      const target = stretch;
      if (target === undefined) return;
      const shownMs = unit.decodeMs + unit.compositionMs;
      const mayStart = unit.key && (isFirst || shownMs === startsAtMs);
      if (target.run === undefined && mayStart && clock.nowMs() >= target.retryAtMs) start(target);
      if (unit.key) isFirst = false;
      target.run?.push(unit);
    },

    cut(cut) {
      startsAtMs = cut.nextShownMs;
      const climbing = new Set(stretch?.climbs.map(({ window }) => window));
      // What is not made any more has nothing from now on, and its playlist goes on saying so.
      for (const window of windows.values())
        if (!climbing.has(window)) window.cut({ ...cut, durationIfEmpty: cut.duration });
      if (stretch === undefined) return;
      for (const climb of stretch.climbs) climb.cut(cut);
      if (stretch.run === undefined) settle(stretch);
      else if (stretch.climbs.some(({ behind }) => behind > MOST_BEHIND)) lighten(stretch);
    },

    end() {
      const target = stretch;
      stretch = undefined;
      if (target === undefined) return;
      target.lease.release();
      if (target.run === undefined) settle(target);
      else target.run.finish();
      ending = target;
    },

    async close() {
      this.end();
      endNow();
      await Promise.all(closing);
    },
  };
}
