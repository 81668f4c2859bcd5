import { randomInt } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { auditWeek } from '@media-network/audit';
import { signEvidence } from '@media-network/chain';
import type { DecodedInstruction } from '@media-network/chain';
import type { InstructionName } from '@media-network/chain/schema';
import { ELECTION_VOTE, EPOCH_STATUS, HOUR_STATUS, VERDICT_STATUS } from '@media-network/chain/schema';
import {
  buildCommit,
  equalBytes,
  evidenceOf,
  hourWindows,
  signCommit,
  toHex,
  weekEnd,
} from '@media-network/protocol';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditDeps } from './harness/audit.ts';
import { openChainLine } from './harness/chain-line.ts';
import type { ChainLine, Fate } from './harness/chain-line.ts';
import { present, sha256, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';
import { startMedia, until } from './harness/processes.ts';
import type { Daemon } from './harness/processes.ts';

/**
 * Around each transaction, and of a week and of elections as well, with `MEDIA_KILL_SENDS=all`; else of an hour, where it is
 * drawn whether the first of a kind never reaches the node or the guard never hears that it did.
 */
const ALL = process.env['MEDIA_KILL_SENDS'] === 'all';
const FATES = ['lost', 'unheard'] as const;
const OF_AN_HOUR = ['commitVerdict', 'revealVerdict', 'proposeHour'] as const;
/** The chain's clock stands until the test turns it: what a window lets a guard do it has all the time for. */
const PATIENCE_MS = 900_000;
const PICTURE = '/pictures/set.jpg';
/** The guard that is a process of its own, and one that is away, so that nothing is decided without the first. */
const [KILLED, OTHER, AWAY] = [0, 1, 3];

/** Four guards of which three decide. Told in order. */
describe('a guard that is killed right before and right after each transaction that it sends', () => {
  let network: ManualNetwork;
  /** In which it is killed. */
  let hour = 0n;
  let line: ChainLine;
  let guard: Daemon | undefined;
  /** What it has been killed around so far. */
  const ends = new Set<string>();
  let ending: Promise<void> | undefined;
  let back: Promise<void> = Promise.resolve();

  beforeAll(async () => {
    network = await startNetwork({
      guards: 4,
      edges: 2,
      // Short samples, so that a guard that has nothing to do does not sleep for long by its own clock.
      periods: {
        sampleSecs: 20,
        hoursPerWeek: 3,
        finalHours: 4,
        lateHours: 6,
        dustBytes: 16_384n,
        minGuards: 4,
        votingSecs: 600,
        timelockSecs: 600,
      },
    });
    line = await openChainLine(network.rpcUrl, network.programId, { fateOf, end: () => end() });
  }, PATIENCE_MS);
  afterAll(async () => {
    await ending;
    await guard?.kill();
    await line?.close();
    await network?.close();
  });

  function fateOf(sent: readonly DecodedInstruction[]): Fate {
    const kind = sent.map(({ name }) => name).join(' ');
    if (kind === '' || !(ALL || OF_AN_HOUR.some((name) => kind.includes(name)))) return 'passed';
    const past = FATES.filter((fate) => ends.has(`${kind}: ${fate}`));
    if (past.length >= (ALL ? FATES.length : 1)) return 'passed';
    const fate = past.length > 0 ? 'unheard' : ALL ? 'lost' : present(FATES[randomInt(FATES.length)], 'fate');
    ends.add(`${kind}: ${fate}`);
    return fate;
  }
  /** It is killed, whatever it does, and comes back after `meanwhile`. */
  function end(meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    async function run(): Promise<void> {
      const dying = guard;
      guard = undefined;
      await dying?.kill();
      await meanwhile();
      start();
    }
    ending ??= run().finally(() => (ending = undefined));
    return ending;
  }
  function start(): void {
    const name = `guard-${KILLED + 1}`;
    const options = {
      url: line.url,
      ws: network.wsUrl,
      program: network.programId,
      keypair: network.wallets.path(name),
      'seal-key': join(network.dir, 'keys', `${name}.seal`),
      data: join(network.dir, name),
      port: new URL(killed().url).port,
      'round-ms': '50',
    };
    const args = Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]);
    const started = startMedia(['guard', ...args, '--json'], network.dir);
    guard = started;
    back = started.ready.then(
      () => undefined,
      (error: unknown) => {
        if (guard === started) throw error;
      },
    );
    // Whoever waits for it is told.
    back.catch(() => undefined);
  }

  const killed = () => present(network.guards[KILLED], 'the guard');
  /** Turns the chain's clock by samples, and lets those in this process do what they have to. */
  async function turnTo(unixSecs: bigint): Promise<void> {
    const sample = BigInt(network.periods.sampleSecs);
    for (let now = await network.client.chainTime(); now < unixSecs; now = await network.client.chainTime()) {
      const left = unixSecs - now;
      present(network.localnet, 'chain').advanceSeconds(Number(left < sample ? left : sample));
      await network.settle();
    }
  }
  /** Waits for what the guard does, while the others go on; the clock stands. */
  function awaited(what: string, look: () => Promise<boolean>): Promise<true> {
    let looks = 0;
    return until(what, PATIENCE_MS, async () => {
      await back;
      // What the others do is soon done; the guard needs the processor more.
      if (looks % 5 === 0) await network.settle();
      looks += 1;
      return (await look()) ? true : undefined;
    });
  }
  /** What shows that an edge has signed two counters of one moment. */
  async function contradiction(edge: string, wallet: string): Promise<string> {
    const operator = await network.wallets.ensure(wallet);
    const at = { edge, boot: 1, hour, slot: 4, unixMs: 1n };
    const [a, b] = await Promise.all(
      [5n, 6n].map((bytes) => {
        const { body } = buildCommit(at, [{ resource: network.resource, bytes }], sha256);
        return signCommit(body, (message) => signEvidence(operator, message));
      }),
    );
    return `${JSON.stringify(evidenceOf([present(a, 'commit'), present(b, 'commit')]))}\n`;
  }
  /** Puts it where a guard keeps what it found. */
  async function keep(index: number, text: string | undefined): Promise<void> {
    const dir = join(network.dir, `guard-${index + 1}`, 'contradictions');
    const bytes = Buffer.from(present(text, 'file'));
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, `${toHex(sha256(bytes))}.json`), bytes);
  }

  /** What it sent under a name, each different thing once. */
  function said(name: InstructionName, of = ''): readonly string[] {
    const all = line.sent.filter((each) => each.name === name);
    return [...new Set(all.map((each) => JSON.stringify(each, plain)))].filter((each) => each.includes(of));
  }
  /** Whether it was killed around each of these. */
  function expectEnds(...names: readonly InstructionName[]): void {
    for (const name of names) {
      const of = [...ends].filter((each) => each.includes(name));
      expect([name, FATES.filter((fate) => of.some((each) => each.endsWith(fate))).length]).toEqual([
        name,
        ALL ? FATES.length : 1,
      ]);
    }
  }

  test(
    'says each thing of an hour once, and the hour is decided with its vote',
    { timeout: 4 * PATIENCE_MS },
    async () => {
      hour = (await network.chainHour()) + 1n;
      const windows = hourWindows(network.periods, hour);
      await network.advancePast(hour - 1n);
      await present(network.guards[AWAY], 'guard').close();
      await killed().close();
      start();
      await back;
      const viewer = createViewer();
      for (const edge of network.edges)
        expect((await viewer.get(network.at(edge, PICTURE))).status).toBe(200);
      // In the middle of looking and asking, at a moment that nobody chose.
      await new Promise((resolve) => setTimeout(resolve, randomInt(500)));
      await end();
      await back;
      // Whoever has not judged everything commits to what it has by then.
      await turnTo(windows.commitsUntil - 2n);
      const address = killed().address as never;
      const verdict = async () => network.client.verdict(hour, address);
      await awaited('it commits', async () => (await verdict()) !== null);
      await turnTo(windows.commitsUntil);
      await awaited('it reveals', async () => (await verdict())?.status === VERDICT_STATUS.revealed);
      await turnTo(windows.revealsUntil);
      await awaited('the hour is final', async () => {
        return (await network.client.hour(hour))?.status === HOUR_STATUS.final;
      });
      await back;

      expectEnds(...OF_AN_HOUR);
      for (const name of OF_AN_HOUR) expect([name, said(name, `"hour":"${hour}"`).length]).toEqual([name, 1]);
      const account = present(await network.client.hour(hour), 'hour');
      const votes = account.votes.slice(0, account.voteCount).filter(({ no }) => no === killed().no);
      expect(votes.map(({ root }) => toHex(root))).toEqual([toHex(account.root)]);
    },
  );

  test.runIf(ALL)(
    'elects with what it found and votes on what others did, each once',
    { timeout: 8 * PATIENCE_MS },
    async () => {
      const { client } = network;
      // Nothing more is reported, so that no hour of the week waits for the guard while it is down.
      for (const edge of network.edges) await edge.close();
      const found = await Promise.all(
        network.edges.map(async (edge, i) => contradiction(edge.address, `edge-${i + 1}`)),
      );
      await ending;
      await end(() => keep(KILLED, found[0]));
      await present(network.guards[OTHER], 'the other').close();
      await keep(OTHER, found[1]);
      await network.restartGuard(OTHER);
      await awaited('it commits to its evidence', async () => (await client.list('evidence')).length === 2);
      await turnTo((await client.chainTime()) + 2n * BigInt(network.periods.sampleSecs));
      const { no, address } = killed();
      const election = async (edge: number) =>
        (await client.list('election')).find(({ accused }) => accused === network.edges[edge]?.address);
      const votesOf = (of: Awaited<ReturnType<typeof election>>): readonly number[] =>
        of?.votes.slice(0, of.voteCount).flatMap((each) => (each.no === no ? [each.vote] : [])) ?? [];
      await awaited('it elects', async () => (await election(0))?.elector === address);
      await awaited('it votes', async () => votesOf(await election(1)).length > 0);
      await back;
      expectEnds('commitEvidence', 'elect', 'voteElection');
      expect(said('commitEvidence')).toHaveLength(1);
      expect(said('elect')).toHaveLength(1);
      expect(votesOf(await election(1))).toEqual([ELECTION_VOTE.uphold]);
      expect((await client.list('election')).length).toBe(2);
    },
  );

  test.runIf(ALL)(
    'the same of a week, and claims what it earned once',
    { timeout: 8 * PATIENCE_MS },
    async () => {
      const week = hour / 3n;
      await turnTo(weekEnd(network.periods, week) + BigInt(13 * network.periods.sampleSecs));
      await awaited('the week is endorsed', async () => {
        return (await network.client.epoch(week))?.status === EPOCH_STATUS.endorsed;
      });
      const { owner } = present(await network.client.account('guard', killed().address as never), 'account');
      await awaited('it claims', async () => (await network.client.claimed(owner)) !== null);
      await back;
      expectEnds('proposeEpoch', 'claim');
      const epoch = present(await network.client.epoch(week), 'epoch');
      const votes = epoch.votes.slice(0, epoch.voteCount).filter(({ no }) => no === killed().no);
      expect(votes.map(({ root }) => equalBytes(root, epoch.root))).toEqual([true]);
      expect(said('claim', `"week":"${week}"`).length).toBe(1);
      const audit = await auditWeek(auditDeps(network.client), week);
      expect([audit.differences, audit.unknown]).toEqual([[], []]);
      expect(audit.figures.shares.get(owner)).toBeGreaterThan(0n);
    },
  );
});

const plain = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value instanceof Uint8Array ? toHex(value) : value;
