import { recordTail } from '@media-network/protocol';
import type { Hour } from '@media-network/protocol';
import type { Address, Instruction, TransactionSigner } from '@solana/kit';

import type { MediaClient } from './client.ts';
import { fitsTransaction } from './pack-transactions.ts';
import type { PlanStep } from './plans.ts';
import { RECORD_LEAVES, RESOURCE_STATUS } from './schema/index.ts';
import { recordedIn } from './windows.ts';

/**
 * Records what of a final hour is not recorded yet, several resources to a transaction. Reads the resources first; those that can no
 * longer be recorded are left out. The transactions may be sent side by side.
 */
export async function recordPlan(
  client: Pick<MediaClient, 'instructions' | 'accounts'>,
  input: { readonly payer: TransactionSigner; readonly hour: bigint; readonly content: Hour },
): Promise<PlanStep[]> {
  const { payer, hour, content } = input;
  // Addresses of a tree's leaves are those that were put in: base58 of 32 bytes.
  const addresses = content.resources.map(({ resource }) => resource as Address);
  const found = await client.accounts('resource', addresses);
  const places = found.map((account, index) => ({
    resource: addresses[index] ?? payer.address,
    ring: account === null || account.status === RESOURCE_STATUS.released ? null : account.ring,
    isOpen: account !== null && recordedIn(account, hour) === 'open',
  }));
  const build = (index: number, count: number): Promise<Instruction> =>
    client.instructions.record({
      hour,
      index,
      count,
      resources: places.slice(index, index + count),
      tail: recordTail(content, index, count),
    });

  const transactions: Instruction[][] = [];
  for (let index = 0; index < places.length;) {
    if (places[index]?.isOpen !== true) {
      index += 1;
      continue;
    }
    let count = 1;
    let best = await build(index, count);
    // Those that begin on an even place need fewer steps: a longer run is tried although the next one would not fit.
    for (let more = 2; more <= RECORD_LEAVES && places[index + more - 1]?.isOpen === true; more += 1) {
      const larger = await build(index, more);
      if (fitsTransaction(payer.address, [larger])) [best, count] = [larger, more];
      else if (more > count + 2) break;
    }
    transactions.push([best]);
    index += count;
  }
  return transactions.length === 0 ? [] : [{ label: `record hour ${hour}`, transactions }];
}
