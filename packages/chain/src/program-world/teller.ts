import type { Address, Instruction } from '@solana/kit';

import type { InstructionInput } from '../instruction-inputs.ts';
import type { MediaInstruction } from '../instructions.ts';
import type { InstructionName } from '../schema/index.ts';
import type { ProgramWorld } from './world.ts';

/** A step of the story: an instruction that succeeds now. The one who reads the story runs it. */
export interface StoryStep {
  readonly name: InstructionName;
  readonly instruction: MediaInstruction;
  /** What stands right before it in its transaction. */
  readonly before: readonly Instruction[];
  /** Accounts of the same kinds that belong to someone else or to another pool, hour or week, by name. */
  readonly others: Readonly<Record<string, readonly Address[]>>;
  /** The first of its name, with everything there that could be mistaken for its accounts. */
  readonly probe: boolean;
}

export interface Teller {
  /** Remembers what can be mistaken for an account of that name from now on. */
  readonly other: (name: string, ...more: readonly Address[]) => void;
  readonly step: <N extends InstructionName>(
    name: N,
    input: InstructionInput<N>,
    probe?: boolean,
    before?: Instruction,
  ) => Promise<StoryStep>;
}

export function createTeller({ instructions }: ProgramWorld): Teller {
  const others: Record<string, Address[]> = {};
  return {
    other(name, ...more) {
      others[name] = [...(others[name] ?? []), ...more];
    },
    async step<N extends InstructionName>(
      name: N,
      input: InstructionInput<N>,
      probe = true,
      before?: Instruction,
    ) {
      // The name picks the builder of this very input.
      const build = instructions[name] as (input: InstructionInput<N>) => Promise<MediaInstruction>;
      return {
        name,
        instruction: await build(input),
        before: before === undefined ? [] : [before],
        others: { ...others },
        probe,
      };
    },
  };
}
