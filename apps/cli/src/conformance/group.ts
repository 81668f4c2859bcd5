import { errorCode, errorMessage } from '@media-network/runtime';
import type { GroupResult } from '../checks/groups.ts';
import { acceptedReason } from './accepted.ts';
import { lines } from './command.ts';
import { runConformance } from './conformance.ts';

/** The suite as one group of the gate: what failed and has no reason counts as failed. */
export async function conformanceGroup(
  env: Readonly<Record<string, string | undefined>>,
): Promise<GroupResult> {
  try {
    const verdicts = await runConformance({ env, say: () => undefined });
    const unexplained = verdicts.failures.filter(
      ({ id, kind }) => kind === 'required' || acceptedReason(id) === undefined,
    );
    return {
      passed: verdicts.required.pass + verdicts.optional.pass,
      failed: unexplained.length,
      output: lines(verdicts).join('\n'),
    };
  } catch (error) {
    if (errorCode(error) !== 'cli/suite-unavailable') throw error;
    return { passed: 0, failed: 0, skipped: errorMessage(error), output: '' };
  }
}
