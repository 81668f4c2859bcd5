import type { Told } from './ask-known.ts';

/** What viewers have seen and what the edge has said, over all its lives. */
export interface KillBooks {
  /** An answer of this life that was whole. */
  heard(told: Told): void;
  /**
   * Asks the edge for what it commits to. That is never below what it committed to in an earlier life and all that
   * viewers have had whole in this one until they asked; and never above all that viewers have received.
   */
  read(edge: { committedBytes(): Promise<bigint | undefined> }): Promise<void>;
  /** The edge was killed, and its connections are gone. */
  ended(askers: readonly { receivedBytes(): number }[]): void;
  now(): { readonly commits: number; readonly committed: bigint; readonly received: bigint };
}

export function createKillBooks(wrong: (why: string) => void): KillBooks {
  let [committed, received, commits] = [0n, 0n, 0];
  let wholeInThisLife = 0;
  /** Checked when the life is over: until then viewers may not have read what has left the edge. */
  let readInThisLife: bigint | undefined;
  return {
    heard(told) {
      if (told.kind === 'right') wholeInThisLife += told.rawBytes;
    },
    async read(edge) {
      const least = committed + BigInt(wholeInThisLife);
      // It may be killed while it is asked.
      const said = await edge.committedBytes().catch(() => undefined);
      if (said === undefined) return;
      if (said < least) wrong(`committed to ${said} bytes, and ${least} had been acknowledged or received`);
      commits += 1;
      committed = said;
      readInThisLife = said;
    },
    ended(askers) {
      received += BigInt(askers.reduce((sum, asker) => sum + asker.receivedBytes(), 0));
      if (readInThisLife !== undefined && readInThisLife > received)
        wrong(`committed to ${readInThisLife} bytes, and viewers have received ${received}`);
      wholeInThisLife = 0;
      readInThisLife = undefined;
    },
    now: () => ({ commits, committed, received }),
  };
}
