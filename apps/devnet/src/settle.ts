import { MediaError, errorMessage } from '@media-network/runtime';
import type { RepeatingTask } from '@media-network/runtime';

const MAX_ROUNDS = 200;
/** A round can fail once because another daemon was faster; again and again it is an error. */
const MAX_FAILURES = 8;

/**
 * A loop may have worked just before a pass, unseen, and others of that pass have looked before it was done.
 * Whatever it did is complete when the pass ends, so a second quiet one has seen it.
 */
const QUIET_PASSES = 2;

/**
 * Runs every task until whole passes find nothing more to do, so that a test sees the network at rest
 * without sleeping. Tasks of one pass run side by side, as in life.
 *
 * @throws `devnet/never-settles` naming the tasks that stay busy or keep failing.
 */
export async function settle(
  tasks: () => readonly (readonly [owner: string, task: RepeatingTask])[],
): Promise<void> {
  const failures = new Map<RepeatingTask, number>();
  let busy: string[] = [];
  let quiet = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    busy = [];
    await Promise.all(
      tasks().map(async ([owner, task]) => {
        const name = `${owner} ${task.name}`;
        try {
          if ((await task.runNow()) === 'busy') busy.push(name);
          failures.delete(task);
        } catch (error) {
          const count = (failures.get(task) ?? 0) + 1;
          failures.set(task, count);
          busy.push(name);
          if (count >= MAX_FAILURES) {
            throw new MediaError({
              code: 'devnet/never-settles',
              message: `The task ${name} failed ${count} times in a row: ${errorMessage(error)}`,
              source: 'internal',
              cause: error,
            });
          }
        }
      }),
    );
    quiet = busy.length === 0 ? quiet + 1 : 0;
    if (quiet === QUIET_PASSES) return;
  }
  throw new MediaError({
    code: 'devnet/never-settles',
    message: `The network does not come to rest: ${busy.join(', ')} stay busy.`,
    source: 'internal',
  });
}
