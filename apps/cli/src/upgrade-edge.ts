import { MediaError } from '@media-network/runtime';
import type { CliContext } from './command.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { dataFolder } from './node-address.ts';
import { wholeBetween } from './whole-number.ts';

/** Between two looks at what has become of it. */
const LOOK_MS = 100;

/**
 * Asks the edge that runs on this machine to be taken over from by the code on disk, and waits for the outcome.
 *
 * @throws `cli/no-edge-here`, `edge/upgrade-under-way`, and what the new generation failed with
 */
export async function upgradeEdge(
  options: DaemonOptions & { readonly within?: string },
  context: CliContext,
): Promise<void> {
  const { folderHolder, readUpgradeNote } = await import('@media-network/edge');
  const dir = dataFolder(options, 'edge', context);
  const within = wholeBetween(options.within ?? '360', '--within', 1, 86_400);
  const holder = await folderHolder(dir);
  if (holder === undefined) {
    throw new MediaError({
      code: 'cli/no-edge-here',
      message: `No edge runs on this machine with the folder ${dir}.`,
      hint: 'Name its wallet with --keypair, or its folder with --data, as when it was started.',
      source: 'client',
    });
  }
  const { main } = holder;
  if (main === undefined) {
    throw new MediaError({
      code: 'cli/no-edge-here',
      message: `Process ${holder.pid}, which uses ${dir}, is more than an edge, or cannot be taken over from.`,
      hint: 'An edge of "media up" is upgraded with it: stop it and start it again.',
      source: 'client',
    });
  }
  const before = await readUpgradeNote(dir);
  if (before?.state === 'under-way' && before.main === main) throw underWay();
  process.kill(main, 'SIGUSR2');
  const { terminal } = context;
  for (const end = Date.now() + within * 1_000; Date.now() < end;) {
    const note = await readUpgradeNote(dir);
    if (note !== undefined && note.no > (before?.no ?? 0) && note.state !== 'under-way') {
      if (note.state === 'failed')
        throw new MediaError({
          code: note.code,
          message: `No new generation could take over; the one before goes on. ${note.why}`,
          source: 'internal',
        });
      if (options.json === true) terminal.json({ main: main, pid: note.pid });
      else terminal.line(`taken over by process ${note.pid}, of process ${main}`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new MediaError({
    code: 'edge/upgrade-failed',
    message: `Process ${main} has not said within ${within} s what became of the upgrade.`,
    source: 'internal',
  });
}

function underWay(): MediaError {
  return new MediaError({
    code: 'edge/upgrade-under-way',
    message: 'Another generation is taking over at this moment.',
    source: 'client',
    retry: true,
  });
}
