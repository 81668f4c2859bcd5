/** What a streamer should know, in words; each thing once. */
export interface Advice {
  say(sentence: string): void;
  /** A segment ended. Seconds. */
  segment(duration: number, wanted: number, forced: boolean): void;
  list(): readonly string[];
  clear(): void;
}

const MOST = 8;

export function createAdvice(): Advice {
  const said = new Set<string>();
  const say = (sentence: string): void => {
    if (said.size < MOST) said.add(sentence);
  };
  return {
    say,
    segment(duration, wanted, forced) {
      if (forced)
        say(
          'Key frames are too far apart for segments to begin with one: set the key frame interval to 2 seconds.',
        );
      else if (duration > wanted * 1.5)
        say(
          `Segments last ${duration.toFixed(1)} s instead of ${wanted.toFixed(1)}: set the key frame interval to ${Math.max(1, Math.floor(wanted))} s, so that viewers are closer to what happens.`,
        );
    },
    list: () => [...said],
    clear: () => said.clear(),
  };
}
