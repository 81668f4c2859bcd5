import type { Found, MediaClient } from '@media-network/chain';
import { ELECTION_STATUS } from '@media-network/chain/schema';

/** Elections, those that end first at the top; with all of a network the ones that are over too. */
export async function readElections(
  client: MediaClient,
  all: boolean,
): Promise<readonly Found<'election'>[]> {
  const found = await client.list('election', all ? {} : { status: ELECTION_STATUS.open });
  return found.toSorted((a, b) => (a.endsAt < b.endsAt ? -1 : 1));
}
