import { errorMessage } from '@media-network/runtime';
import type { FromWorker, ToWorker } from './messages.ts';
import { createWorker } from './worker.ts';
import type { WorkerProcess } from './worker.ts';

/** A worker of an edge, started by it: everything it is told comes over Node's channel between parent and child. */
if (process.send === undefined) throw new Error('a worker is started by an edge');

// Who wants the edge to end tells the process with the books, which tells us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => undefined);

let drained = false;
// Without the process that counts there is nothing to serve for.
process.on('disconnect', () => process.exit(drained ? 0 : 1));

function say(message: FromWorker, handle?: unknown): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) {
      resolve();
      return;
    }
    // The types know sockets and servers; a bare listening handle is sent as well.
    process.send?.(message, handle as never, {}, () => resolve());
  });
}

let worker: WorkerProcess | undefined;
process.on('message', (message, handle: unknown) => {
  const told = message as ToWorker; // from the same program
  if (told.kind === 'drain') drained = true;
  if (told.kind === 'start') {
    worker = createWorker(told, say);
    void say({ kind: 'ready' });
    return;
  }
  void worker?.receive(told, handle).catch((error: unknown) => {
    process.stderr.write(`a worker of the edge fails: ${errorMessage(error)}\n`);
    process.exit(1);
  });
});
