import type { InstructionArgs } from '../codec/values.ts';
import type { InstructionName } from '../schema/index.ts';
import type { Context } from './context.ts';

/** A rule changes the drafts it opens, or fails. */
export type Rules = { readonly [N in InstructionName]: (context: Context, args: InstructionArgs<N>) => void };
