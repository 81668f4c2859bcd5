import { playJob } from './worker.ts';
import type { Order, Word } from './worker.ts';

/** A worker of the simulation: plays one job after another that its parent sends, until the parent is gone. */
const say = (word: Word): void => void process.send?.(word);

process.on('message', ({ job }: Order) => {
  // A play that throws ends the process: its parent says with what.
  void playJob(job, (hour) => say({ kind: 'hour', hour })).then((played) => say({ kind: 'played', played }));
});
process.on('disconnect', () => process.exit(0));
