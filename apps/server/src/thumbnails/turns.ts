/** One after the other. */
export interface Turns {
  /** Runs `work` when all that came before have ended; what it rejects with is its caller's. */
  take(work: () => Promise<void>): Promise<void>;
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    take(work) {
      const turn = last.then(work);
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
