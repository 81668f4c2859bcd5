import { INSTRUCTIONS } from '../schema/index.ts';
import type { InstructionName } from '../schema/index.ts';
import { tellStory } from './story.ts';
import { createProgramWorld } from './world.ts';

/** Compute units of each instruction in the story, the most where it occurs more than once. `program` is the ELF file's bytes. */
export async function computeUnits(program?: Uint8Array): Promise<Record<InstructionName, number>> {
  const world = createProgramWorld(program);
  const most = new Map<string, number>();
  for await (const step of tellStory(world)) {
    const units = world.must(...step.before, step.instruction) - BUDGET_UNITS;
    most.set(step.name, Math.max(units, most.get(step.name) ?? 0));
  }
  // The story tells every instruction; its test holds it to that.
  return Object.fromEntries(Object.keys(INSTRUCTIONS).map((name) => [name, most.get(name) ?? 0])) as Record<
    InstructionName,
    number
  >;
}

/** What the compute budget's own instruction takes in each of the story's transactions. */
export const BUDGET_UNITS = 150;
