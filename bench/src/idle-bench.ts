import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** A network that nobody uses, all of it in this process. Counts since it began; they only rise. */
export interface IdleNetwork {
  /** Calls of the chain's JSON-RPC and websocket, by method. */
  readonly chainCalls: () => ReadonlyMap<string, number>;
  /** Requests to the edges' front, which speaks HTTP without node's server. */
  readonly frontRequests: () => number;
  close(): Promise<void>;
}

export interface IdleCase {
  readonly name: string;
  /** Starts it; its own work of the start is over when this resolves. */
  readonly start: () => Promise<IdleNetwork>;
  /** Lets so many of the network's hours pass by its own clock, and returns the transactions that landed in them. */
  readonly pass: (hours: number) => Promise<number>;
}

/** What an idle network does, an hour each. */
export interface IdleRow {
  readonly name: string;
  /** HTTP requests between all of its parts, those to the chain among them. */
  readonly requests: number;
  readonly chainCalls: number;
  readonly chainCallsByMethod: Readonly<Record<string, number>>;
  readonly cpuSeconds: number;
  readonly transactions: number;
}

export interface IdleBenchOptions {
  readonly cases: readonly IdleCase[];
  /** How long each case is watched; what is seen is told for an hour. */
  readonly seconds: number;
  /** Hours for which transactions are counted. */
  readonly hours: number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly say?: (line: string) => void;
}

/** Every request that a server of this process begins to answer. */
const REQUEST_STARTS = 'http.server.request.start';

/**
 * Requests, processor time and chain transactions of a network at rest. Requests and time are watched by the wall
 * clock; transactions follow the network's hours, which a clock that is turned by hand lets pass quickly.
 */
export async function benchIdle(options: IdleBenchOptions): Promise<readonly IdleRow[]> {
  const rows: IdleRow[] = [];
  for (const each of options.cases) {
    options.say?.(`${each.name}: watching for ${options.seconds} s`);
    const watched = await watch(await each.start(), options);
    options.say?.(`${each.name}: letting ${options.hours} hours pass`);
    const transactions = (await each.pass(options.hours)) / options.hours;
    rows.push({ name: each.name, ...watched, transactions: Math.round(transactions * 10) / 10 });
  }
  return rows;
}

async function watch(
  network: IdleNetwork,
  { seconds, sleep }: IdleBenchOptions,
): Promise<Omit<IdleRow, 'name' | 'transactions'>> {
  let served = 0;
  const count = (): void => {
    served += 1;
  };
  subscribe(REQUEST_STARTS, count);
  try {
    const before = network.chainCalls();
    const front = network.frontRequests();
    const begun = performance.now();
    const cpu = process.cpuUsage();
    await sleep(seconds * 1000);
    const used = process.cpuUsage(cpu);
    const hours = (performance.now() - begun) / 3_600_000;
    const perHour = (seen: number): number => Math.round(seen / hours);
    const byMethod = [...network.chainCalls()]
      .map(([method, calls]) => [method, perHour(calls - (before.get(method) ?? 0))] as const)
      .filter(([, calls]) => calls > 0)
      .toSorted((a, b) => b[1] - a[1]);
    return {
      requests: perHour(served + network.frontRequests() - front),
      chainCalls: byMethod.reduce((sum, [, calls]) => sum + calls, 0),
      chainCallsByMethod: Object.fromEntries(byMethod),
      cpuSeconds: Math.round((used.user + used.system) / 1e5 / hours) / 10,
    };
  } finally {
    unsubscribe(REQUEST_STARTS, count);
    await network.close();
  }
}
