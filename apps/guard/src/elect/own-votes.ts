import { readIfPresent, writeDurably } from '@media-network/runtime/durable-file';
import { z } from 'zod';

/** What this guard voted by itself in open elections: on its disk before it is sent, so that a vote by hand is told from it after a kill. */
export interface OwnVotes {
  /** By the election's address. */
  of(election: string): number | undefined;
  set(election: string, vote: number): Promise<void>;
  drop(election: string): Promise<void>;
}

const TEXT = z.record(z.string(), z.int());

export async function openOwnVotes(file: string): Promise<OwnVotes> {
  const text = await readIfPresent(file);
  const votes = new Map(Object.entries(text === undefined ? {} : (parsed(text) ?? {})));
  const write = (): Promise<void> => writeDurably(file, JSON.stringify(Object.fromEntries(votes)));
  return {
    of: (election) => votes.get(election),
    async set(election, vote) {
      votes.set(election, vote);
      await write();
    },
    async drop(election) {
      if (votes.delete(election)) await write();
    },
  };
}

function parsed(text: Buffer): Readonly<Record<string, number>> | undefined {
  try {
    return TEXT.safeParse(JSON.parse(text.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
