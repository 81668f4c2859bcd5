/**
 * The suite's origin and its client, in a thread of their own: both talk to the console, and standard
 * output is the command's. Says its port, is told where the edge is, and answers with the results.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { amendedSections } from './amendments.ts';
import { FURTHER_SECTIONS } from './further-tests.ts';
import { INTERIM_SECTION, createInterimOrigin, runInterimTests } from './interim-tests.ts';
import { createSuiteFetch } from './suite-fetch.ts';
import type { SuiteResults, SuiteSection } from './suite-types.ts';

type Handler = (segments: string[], request: IncomingMessage, response: ServerResponse) => void;

export interface WorkerReady {
  readonly port: number;
}
export interface WorkerTask {
  readonly edgePort: number;
  readonly host: string;
}
export interface WorkerDone {
  readonly sections: readonly SuiteSection[];
  readonly results: SuiteResults;
}

/** Tests under way at once. */
const AT_ONCE = 25;

if (parentPort === null) throw new Error('to be run as a worker');
const port = parentPort;
const { folder } = workerData as { readonly folder: string }; // given by whoever starts this
const load = async <Module>(path: string): Promise<Module> =>
  (await import(pathToFileURL(`${folder}/${path}`).href)) as Module; // the package has no types; these are what it exports

const [config, test, state] = (
  await Promise.all(
    ['config', 'test', 'state'].map((name) => load<{ default: Handler }>(`server/handle-${name}.mjs`)),
  )
).map((module) => module.default);
const handlers: Readonly<Record<string, Handler | undefined>> = { config, test, state };
const interim = createInterimOrigin();
const origin = createServer((request, response) => {
  if (interim(request, response)) return;
  const [word = '', ...segments] = new URL(request.url ?? '/', 'http://origin').pathname.slice(1).split('/');
  const handler = handlers[word];
  if (handler !== undefined) handler(segments, request, response);
  else response.writeHead(200, { 'Cache-Control': 'no-store' }).end('the suite lives below /test\n');
});
origin.listen(0, '127.0.0.1', () => {
  const address = origin.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  port.postMessage({ port: address.port } satisfies WorkerReady);
});

async function run(task: WorkerTask): Promise<void> {
  const suites = await load<{ default: readonly SuiteSection[] }>('tests/index.mjs');
  const runner = await load<{
    runTests(
      sections: readonly SuiteSection[],
      fetch: unknown,
      browserCache: boolean,
      base: string,
      atOnce: number,
    ): Promise<void>;
    getResults(): SuiteResults;
  }>('client/runner.mjs');
  const sections = amendedSections(suites.default, FURTHER_SECTIONS);
  const fetch = createSuiteFetch(task.edgePort, task.host);
  const base = `http://${task.host}`;
  await runner.runTests(sections, fetch, false, base, AT_ONCE);
  const results = { ...runner.getResults(), ...(await runInterimTests(fetch, base, String(Date.now()))) };
  port.postMessage({ sections: [...sections, INTERIM_SECTION], results } satisfies WorkerDone);
}

port.once('message', (task: WorkerTask) => void run(task));
