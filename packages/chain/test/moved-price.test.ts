import { describe, expect, it } from 'vitest';

import { keyOf } from '../src/program-world/keys.ts';
import { STORY_PARAMS, tellStory } from '../src/program-world/story.ts';
import { addressOf, createProgramWorld } from '../src/program-world/world.ts';
import type { ProgramWorld } from '../src/program-world/world.ts';
import type { MediaInstruction } from '../src/instructions.ts';
import type { InstructionName } from '../src/schema/index.ts';

const PRICE_MOVED = 6044;
const { sampleSecs, hoursPerWeek, finalHours, verdictSlots } = STORY_PARAMS;

async function until(
  name: InstructionName,
): Promise<{ world: ProgramWorld; begin: bigint; instruction: MediaInstruction }> {
  const world = createProgramWorld();
  const begin = world.now();
  for await (const step of tellStory(world)) {
    if (step.name === name && step.probe) return { world, begin, instruction: step.instruction };
    world.must(step.instruction);
  }
  throw new Error(`the story has no ${name}`);
}

/** The owner of a pool moves its price in the very transaction before somebody charges. */
async function chargeWhileMoving(
  name: 'charge' | 'payDebt',
  secondsAfterWeek: number,
): Promise<number | undefined> {
  const { world, begin, instruction } = await until(name);
  world.setTime(begin + BigInt(hoursPerWeek * 12 * sampleSecs + secondsAfterWeek));
  const swap = { owner: keyOf('dave').address, quoteMint: addressOf('quote mint'), direction: 1, minOut: 1n };
  world.must(await world.instructions.swap({ ...swap, amountIn: 10n ** 11n }));
  const result = world.run(instruction);
  return result.ok ? undefined : result.custom;
}

describe('a price kept in motion', () => {
  const own = verdictSlots * sampleSecs + finalHours * 12 * sampleSecs;

  it('puts a bill off until the week is decided, and no longer', async () => {
    expect(await chargeWhileMoving('charge', 0)).toBe(PRICE_MOVED);
    expect(await chargeWhileMoving('charge', own - 1)).toBe(PRICE_MOVED);
    expect(await chargeWhileMoving('charge', own)).toBeUndefined();
  });

  it('keeps a debt from being paid, which is to the harm of who owes it', async () => {
    expect(await chargeWhileMoving('payDebt', own - 1)).toBe(PRICE_MOVED);
    expect(await chargeWhileMoving('payDebt', own)).toBe(PRICE_MOVED);
  });
});
