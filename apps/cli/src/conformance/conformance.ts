import { Worker } from 'node:worker_threads';
import { suiteFolder } from './suite-package.ts';
import type { WorkerDone, WorkerReady, WorkerTask } from './suite-worker.ts';
import { verdictsOf } from './verdicts.ts';
import type { Verdicts } from './verdicts.ts';

export interface ConformanceDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets progress, a line a call. */
  readonly say: (line: string) => void;
}

/**
 * `http-cache-tests` against a real edge in a network of its own: the suite is the origin on one side and
 * the viewer on the other.
 *
 * @throws `cli/suite-unavailable`
 */
export async function runConformance(deps: ConformanceDeps): Promise<Verdicts> {
  const folder = await suiteFolder(deps.env);
  const { createDevnet } = await import('@media-network/devnet');
  // What the suite prints is for its own developers.
  const worker = new Worker(new URL('suite-worker.ts', import.meta.url), {
    workerData: { folder },
    stdout: true,
    stderr: true,
  });
  try {
    const { port } = await next<WorkerReady>(worker);
    deps.say('starting an edge ...');
    // A quota that the suite does not reach: what is asked is the cache, not the publisher's stake.
    const devnet = await createDevnet({
      origin: `http://127.0.0.1:${port}`,
      edges: 1,
      periods: { quotaKbpsPerMedia: 400_000n },
    });
    try {
      const edgePort = devnet.edges[0]?.port;
      if (edgePort === undefined) throw new Error('the network has one edge');
      deps.say('asking (about a minute) ...');
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage({ edgePort, host: devnet.host } satisfies WorkerTask);
      const { sections, results } = await next<WorkerDone>(worker);
      return verdictsOf(sections, results);
    } finally {
      await devnet.close();
    }
  } finally {
    await worker.terminate();
  }
}

/** The next message; rejects when the worker ends without one. */
function next<Message>(worker: Worker): Promise<Message> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the suite ended with ${code}`)));
  });
}
