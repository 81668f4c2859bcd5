/** One measurement of one side, with the part of the processors' time that others took meanwhile. */
export interface Taken<T> {
  readonly value: T;
  /** 0 to 1. */
  readonly disturbed: number;
}

/** Ours and the peer's figure of the same round. */
export interface Pair<T> {
  readonly us: T;
  readonly peer: T;
}

export interface RoundsResult<T> {
  /** By peer, in the order given; fewer than asked for where the machine was not quiet long enough. */
  readonly pairs: readonly (readonly Pair<T>[])[];
  /** Pairs that were thrown away because something else ran meanwhile. */
  readonly dropped: number;
}

export interface RoundsOptions<S, T> {
  readonly us: S;
  readonly peers: readonly S[];
  readonly measure: (side: S) => Promise<Taken<T>>;
  /** Pairs wanted of each peer. */
  readonly rounds: number;
  /** Rounds at most, those that are repeated included. */
  readonly maxRounds: number;
  /** Above this part of the processors' time a measurement is thrown away; 1 keeps all. */
  readonly tolerated: number;
}

/**
 * Sides take turns round by round, so that what slowly changes on the machine changes all of them; every other
 * round goes backwards, so that nobody always comes after the same neighbour. A pair counts when neither half
 * was disturbed; the others are taken again, and only from the peers that lack them.
 */
export async function takeRounds<S, T>(options: RoundsOptions<S, T>): Promise<RoundsResult<T>> {
  const { us, peers, measure, rounds, tolerated } = options;
  const pairs: Pair<T>[][] = peers.map(() => []);
  let dropped = 0;
  for (let round = 0; round < options.maxRounds; round += 1) {
    const wanting = peers.flatMap((peer, i) => ((pairs[i]?.length ?? 0) < rounds ? [{ peer, i }] : []));
    if (wanting.length === 0) break;
    const order: { readonly side: S; readonly i: number }[] = [
      { side: us, i: -1 },
      ...wanting.map(({ peer, i }) => ({ side: peer, i })),
    ];
    if (round % 2 === 1) order.reverse();
    const taken = new Map<number, Taken<T>>();
    for (const { side, i } of order) taken.set(i, await measure(side));
    const ours = taken.get(-1);
    for (const { i } of wanting) {
      const theirs = taken.get(i);
      if (ours === undefined || theirs === undefined) continue;
      if (Math.max(ours.disturbed, theirs.disturbed) > tolerated) dropped += 1;
      else pairs[i]?.push({ us: ours.value, peer: theirs.value });
    }
  }
  return { pairs, dropped };
}
