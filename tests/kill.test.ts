import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createMediaClient } from '@media-network/chain';
import type { MediaClient } from '@media-network/chain';
import { createSampleOrigin, createWalletStore, freePorts } from '@media-network/devnet';
import { silentLog, systemClock } from '@media-network/runtime';
import { exchange } from '@media-network/viewer';
import { address } from '@solana/kit';
import type { Signature } from '@solana/kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askCommit } from './harness/commits.ts';
import { outcomeOf, startLoad } from './harness/load.ts';
import type { LoadTarget, Outcome, Seen } from './harness/load.ts';
import { freeBase } from './harness/ports.ts';
import { field, scratch, startMedia, until } from './harness/processes.ts';
import type { Daemon } from './harness/processes.ts';

const ROUNDS = Number(process.env['MEDIA_KILL_ROUNDS'] ?? 3);
const DOWNLOAD = '/download/50mb.bin';
/** Small enough that many are under way in a moment, large enough that a kill falls into one. */
const LOADED = ['/', '/pictures/set.jpg', '/hls/360p/init.mp4'];
/** Only what hangs takes longer; how long a restart takes is printed, not judged. */
const RESTART_MS = 120_000;

interface Network {
  readonly daemon: Daemon;
  readonly client: MediaClient;
  readonly target: LoadTarget;
  /** From the start of the process to its first good answer. */
  readonly servingMs: number;
}

let base = 0;
let rpcPort = 0;
let folder: Awaited<ReturnType<typeof scratch>>;
/** What the origin has: read once, from files that every start makes the same. */
const sha256 = new Map<string, string>();
let running: Daemon | undefined;

beforeAll(async () => {
  folder = await scratch();
  base = await freeBase();
  [rpcPort = 0] = await freePorts(1);
  await mkdir(join(folder.dir, 'net', 'origin'), { recursive: true });
  const origin = await createSampleOrigin({ dir: join(folder.dir, 'net', 'origin') });
  for (const [target, file] of origin.files) sha256.set(target, file.sha256);
  await origin.close();
});

afterAll(async () => {
  await running?.kill();
  await folder.remove();
});

async function up(): Promise<Network> {
  const started = performance.now();
  const dir = join(folder.dir, 'net');
  const args = [
    'up',
    '--fast',
    '--json',
    '--dir',
    dir,
    '--port',
    String(base),
    '--rpc-port',
    String(rpcPort),
  ];
  const daemon = startMedia(args, folder.dir);
  running = daemon;
  const said = await daemon.ready;
  const host = field(said, 'host');
  await until('the first answer', RESTART_MS, async () => {
    const response = await exchange(`http://${host}:${base}/`).catch(() => undefined);
    return response?.status === 200 ? true : undefined;
  });
  const servingMs = performance.now() - started;
  const client = createMediaClient({
    rpcUrl: field(said, 'rpcUrl'),
    programId: address(field(said, 'programId')),
    clock: systemClock,
    log: silentLog,
  });
  const operator = await createWalletStore(join(dir, 'wallets')).ensure('guard-1');
  const target = {
    client,
    host,
    guard: { account: await client.addresses.guard(operator.address), operator },
    edges: [0, 1, 2].map((index) => ({ port: base + index, control: base + 1000 + index })),
    sha256: new Map([...sha256].filter(([name]) => LOADED.includes(name))),
  };
  return { daemon, client, target, servingMs };
}

/** The transactions of which the chain says something else than it said before. */
async function changed(
  client: MediaClient,
  confirmed: ReadonlyMap<Signature, Outcome>,
): Promise<readonly string[]> {
  const seen = [...confirmed];
  const now: (Outcome | 'lost')[] = [];
  for (let from = 0; from < seen.length; from += 200) {
    const { value } = await client.rpc
      .getSignatureStatuses(
        seen.slice(from, from + 200).map(([signature]) => signature),
        { searchTransactionHistory: true },
      )
      .send();
    now.push(...value.map((status) => (status === null ? 'lost' : outcomeOf(status))));
  }
  return seen.flatMap(([signature, then], index) =>
    now[index] === then ? [] : [`${signature}: ${then}, now ${now[index] ?? 'lost'}`],
  );
}

/** What an edge has counted by its own signed word; the set of a week that has just begun may not be there yet. */
function counted({ client, guard }: LoadTarget, control: number): Promise<bigint> {
  return until('the counters of an edge', RESTART_MS, async () => {
    const now = await client.chainTime();
    return (await askCommit(guard, `http://127.0.0.1:${control}`, now))?.total;
  });
}

/** Nothing that was seen before the kill is lost, and every edge serves what the origin has. */
async function isWhole({ client, target }: Network, seen: Seen): Promise<void> {
  expect(await changed(client, seen.confirmed)).toEqual([]);
  for (const [control, bytes] of seen.acknowledged) {
    expect(await counted(target, control)).toBeGreaterThanOrEqual(bytes);
  }
  for (const { port } of target.edges) {
    for (const name of [...LOADED, DOWNLOAD]) {
      const response = await exchange(`http://${target.host}:${port}${name}`);
      expect([name, response.status, response.sha256]).toEqual([name, 200, sha256.get(name)]);
    }
  }
}

test(
  `${ROUNDS} rounds of kill -9 of the whole network under load`,
  async () => {
    let network = await up();
    const cold = Math.round(network.servingMs);
    const restarts: number[] = [];
    let transactions = 0;
    let responses = 0;
    const everConfirmed = new Map<Signature, Outcome>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const load = startLoad(network.target);
      const enough = { served: randomInt(150, 500), confirmed: randomInt(20, 60) };
      await until('load', 60_000, async () => {
        const { seen } = load;
        const loaded = seen.served >= enough.served && seen.confirmed.size >= enough.confirmed;
        return loaded && seen.acknowledged.size === 3 ? true : undefined;
      });
      await network.daemon.kill();
      await load.stop();
      expect(load.seen.wrong).toEqual([]);
      network = await up();
      restarts.push(Math.round(network.servingMs));
      await isWhole(network, load.seen);
      for (const [signature, outcome] of load.seen.confirmed) everConfirmed.set(signature, outcome);
      transactions += load.seen.confirmed.size;
      responses += load.seen.served;
    }
    // What the first round saw is there after the last.
    expect(await changed(network.client, everConfirmed)).toEqual([]);
    expect(await network.daemon.stop()).toBe(0);
    const again = await up();
    expect(await again.daemon.stop()).toBe(0);
    running = undefined;
    console.log(
      `kill -9: ${ROUNDS} rounds, ${transactions} confirmed transactions and ${responses} responses before the kills; ` +
        `cold start to serving ${cold} ms, restarts ${restarts.join(', ')} ms, a second up ${Math.round(again.servingMs)} ms`,
    );
  },
  120_000 + ROUNDS * 120_000,
);
