import type { Address, Instruction, TransactionSigner } from '@solana/kit';

import type { MediaClient } from './client.ts';
import type { InstructionArgs } from './codec/values.ts';
import { packTransactions } from './pack-transactions.ts';
import type { PlanStep } from './plans.ts';
import { VERDICT_STATUS } from './schema/index.ts';

/** Bytes of a payload in one transaction, beside the accounts and the compute budget. */
const CHUNK_BYTES = 800;

/**
 * Reveals a committed verdict: writes what of the payload is not there yet, then reveals it, in one transaction where all fits in one. Nothing to
 * do where it is revealed already. The verdict must be committed and the time for it have come.
 */
export async function revealPlan(
  client: Pick<MediaClient, 'instructions' | 'verdict'>,
  input: Pick<InstructionArgs<'revealVerdict'>, 'hour' | 'holding' | 'prevRoot' | 'salt'> & {
    readonly operator: TransactionSigner;
    readonly guard: Address;
    readonly payload: Uint8Array;
  },
): Promise<PlanStep[]> {
  const { operator, guard, hour, payload, holding, prevRoot, salt } = input;
  const there = await client.verdict(hour, guard);
  if (there?.status === VERDICT_STATUS.revealed) return [];
  const writes: Instruction[] = [];
  for (let offset = 0; offset < payload.length; offset += CHUNK_BYTES) {
    const tail = payload.subarray(offset, offset + CHUNK_BYTES);
    const written = there?.tail.subarray(offset, offset + tail.length);
    const isThere = written?.length === tail.length && written.every((byte, index) => byte === tail[index]);
    if (!isThere)
      writes.push(await client.instructions.writeVerdict({ operator, guard, hour, offset, tail }));
  }
  const secrets = { holding, prevRoot, salt };
  const reveal = await client.instructions.revealVerdict({
    operator,
    guard,
    hour,
    length: payload.length,
    ...secrets,
  });
  // The reveal goes with the last piece if there is room; the pieces before it have to be there by then.
  const groups = packTransactions(operator.address, [...writes, reveal]);
  const last = groups.at(-1) ?? [reveal];
  const before = groups.slice(0, -1);
  return [
    ...(before.length === 0 ? [] : [{ label: `write the verdict on hour ${hour}`, transactions: before }]),
    { label: `reveal the verdict on hour ${hour}`, transactions: [last] },
  ];
}
