import { createDevnet, ownAddresses } from '@media-network/devnet';
import type { Devnet, DevnetOptions } from '@media-network/devnet';
import type { Edge } from '@media-network/edge';
import { hourAt, hourWindows, weekEnd, weekOfHour } from '@media-network/protocol';
import { MediaError, errorCode } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import type { ManualClock } from '@media-network/runtime/testing';
import { createTokenSource, createViewer } from '@media-network/viewer';
import type { TokenSource, Viewer } from '@media-network/viewer';
import { transferTokens } from '@media-network/chain';
import type { Found, Signer } from '@media-network/chain';
import { getTransferSolInstruction } from '@solana-program/system';
import type { Address, Instruction } from '@solana/kit';
import { createPurseReader } from './purse.ts';
import type { PurseReader } from './purse.ts';

const MEDIA = 1_000_000_000n;

/**
 * Real hours, weeks of three of them, and fees high enough that what a few megabytes pay is more than what a
 * transaction costs.
 */
const LAB_PERIODS = {
  hoursPerWeek: 3,
  finalHours: 4,
  lateHours: 6,
  dustBytes: 16_384n,
  feePerGb: 2n * MEDIA,
} as const;

export interface StageOptions extends Omit<DevnetOptions, 'clock' | 'dir' | 'ports' | 'cluster'> {
  /** Parameters that differ from the lab's. */
  readonly params?: Readonly<Record<string, number | bigint>>;
  /** Samples that the clock turns at a time; 3 by default. With 1, deadlines within a window pass one by one. */
  readonly stepSamples?: number;
}

/** A network on which a scenario is played: real daemons, one clock that the scenario turns. */
export interface Stage extends Devnet {
  readonly clock: ManualClock;
  readonly periods: Found<'config'>;
  readonly viewer: Viewer;
  readonly tokens: TokenSource;
  readonly purses: PurseReader;
  /** Address of a wallet of the network: `edge-1`, `guard-3`, `publisher`; an address stays what it is. */
  owner(name: string): Address;
  signer(name: string): Promise<Signer>;
  /** A wallet with MEDIA and quote tokens out of the treasury. */
  wealthy(name: string, media: bigint, quote: bigint): Promise<Signer>;
  hour(): Promise<bigint>;
  week(): Promise<bigint>;
  /** Turns the clock until this moment of the chain. */
  until(unixSecs: bigint): Promise<void>;
  /** Until reports of the hour are in, judged, decided and recorded. */
  past(hour: bigint): Promise<void>;
  /** Until the week is decided, endorsed and claimed. */
  pastWeek(week: bigint): Promise<void>;
  /** Into the middle of the next hour. */
  nextHour(): Promise<bigint>;
  /** URL of a target at an edge. */
  at(edge: Edge, target: string): string;
  /** A viewer downloads a target from an edge, `times` times, with a token or without; bytes received. */
  watch(
    edge: Edge,
    target: string,
    how: { readonly vouched: boolean; readonly times?: number },
  ): Promise<bigint>;
  /** The resource as it is on chain. */
  resourceAccount(): Promise<Found<'resource'>>;
}

const LAMPORTS = 1_000_000_000_000n;

/** SOL, MEDIA and quote tokens out of the treasury. */
async function endow(devnet: Devnet, to: Address, media: bigint, quote: bigint): Promise<void> {
  const { client, treasury } = devnet;
  const instructions: Instruction[] = [
    getTransferSolInstruction({ source: treasury, destination: to, amount: LAMPORTS }),
  ];
  for (const [mint, amount] of [
    [await client.addresses.mediaMint(), media],
    [devnet.quoteMint, quote],
  ] as const)
    instructions.push(
      ...(await transferTokens(client.addresses, { payer: treasury, owner: treasury, mint, to, amount })),
    );
  await client.send(instructions, { payer: treasury });
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const { params, stepSamples = 3, ...rest } = options;
  const clock = createManualClock(Date.now());
  const devnet = await createDevnet({
    ...ownAddresses(),
    ...rest,
    periods: { ...LAB_PERIODS, ...params },
    clock,
  });
  const { client } = devnet;
  const periods = await client.config();
  const viewer = createViewer();
  const tokens = createTokenSource(devnet.signerUrl);
  const purses = await createPurseReader(client, [devnet.quoteMint]);
  const addresses = new Map<string, Address>([['publisher', devnet.publisher.address]]);
  for (const [i] of devnet.edges.entries()) addresses.set(`edge-${i + 1}`, devnet.edges[i]!.owner);
  for (const [i] of devnet.guards.entries())
    addresses.set(`guard-${i + 1}`, (await devnet.wallets.ensure(`guard-${i + 1}`)).address);

  // The site by its name is at 127.0.0.1 only; without a name an edge serves the same.
  const atEdge = (edge: Edge, target: string): string =>
    `${edge.urls[0] ?? `http://${devnet.host}:${edge.port}`}${target}`;
  const now = (): Promise<bigint> => client.chainTime();
  const hour = async (): Promise<bigint> => hourAt(periods, await now());

  async function until(unixSecs: bigint): Promise<void> {
    for (let at = await now(); at < unixSecs; at = await now()) {
      // Each window of an hour has three samples at least, and all daemons come to rest between two steps.
      const step = BigInt(stepSamples * periods.sampleSecs);
      const left = unixSecs - at;
      devnet.localnet?.advanceSeconds(Number(left < step ? left : step));
      // Whatever keeps failing under an attack fails on; time goes on all the same.
      await devnet.settle().catch((error: unknown) => {
        if (errorCode(error) !== 'devnet/never-settles') throw error;
      });
    }
  }

  return {
    ...devnet,
    clock,
    periods,
    viewer,
    tokens,
    purses,
    owner(name) {
      const found = addresses.get(name);
      if (found !== undefined) return found;
      if (name.length < 32)
        throw new MediaError({ code: 'lab/no-wallet', message: `no wallet ${name}`, source: 'internal' });
      return name as Address;
    },
    signer: (name) => devnet.wallets.ensure(name),
    async wealthy(name, media, quote) {
      const wallet = await devnet.wallets.ensure(name);
      addresses.set(name, wallet.address);
      await endow(devnet, wallet.address, media, quote);
      return wallet;
    },
    hour,
    week: async () => weekOfHour(periods, await hour()),
    until,
    past: (of) => until(hourWindows(periods, of).reportsUntil + BigInt(3 * periods.sampleSecs)),
    pastWeek: (week) =>
      until(weekEnd(periods, week) + BigInt((periods.verdictSlots + 5) * periods.sampleSecs)),
    async nextHour() {
      const next = (await hour()) + 1n;
      await until(hourWindows(periods, next - 1n).end + BigInt(4 * periods.sampleSecs));
      return next;
    },
    at: atEdge,
    async watch(edge, target, { vouched, times = 1 }) {
      let bytes = 0n;
      const url = atEdge(edge, target);
      if (!vouched) {
        for (let i = 0; i < times; i += 1) bytes += BigInt((await viewer.get(url)).totalBytes);
        return bytes;
      }
      const session = await viewer.openSession({
        tokens,
        resource: devnet.resource,
        url,
        edge: edge.address,
      });
      for (let i = 0; i < times; i += 1) await session.get(target);
      await session.settle();
      return session.received;
    },
    async resourceAccount() {
      const found = await client.account('resource', devnet.resource);
      if (found === null) throw new Error('the resource is not there');
      return found;
    },
  };
}
