import { PROGRAMS } from '@media-network/chain';
import type { Found, MediaClient, Watch } from '@media-network/chain';
import { HOUR_STATUS, NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { MediaError, createRepeatingTask, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { AccountRole, getAddressEncoder } from '@solana/kit';
import type { Address, Instruction, KeyPairSigner } from '@solana/kit';
import type { EdgeChain, GuardView, ResourceStatus, ResourceView, SubmitOutcome } from './edge-chain.ts';
import { hourClosableAtMs, voidAtMs } from './periods.ts';
import type { Periods } from './periods.ts';

export interface EdgeChainDeps {
  readonly client: MediaClient;
  readonly operator: KeyPairSigner;
  readonly clock: Clock;
  readonly log: Log;
}

export interface EdgeChainOptions {
  /** Owner of the edge account; the operator by default. */
  readonly owner?: Address;
}

const STATUS_NAMES: ReadonlyMap<number, ResourceStatus> = new Map<number, ResourceStatus>([
  [RESOURCE_STATUS.draft, 'draft'],
  [RESOURCE_STATUS.pending, 'pending'],
  [RESOURCE_STATUS.active, 'active'],
  [RESOURCE_STATUS.paused, 'paused'],
  [RESOURCE_STATUS.exhausted, 'exhausted'],
  [RESOURCE_STATUS.removed, 'removed'],
  [RESOURCE_STATUS.released, 'released'],
]);
/** The chain's clock may be behind our reading of it. */
const CLOSE_MARGIN_MS = 2_000;
const FRESH_MS = 60_000;
/** A proof of one leaf is at most this many steps (docs/chain.md, Hashes). */
const MAX_PROOF = 32;

const addressEncoder = getAddressEncoder();

/** An address as 32 bytes, hex: what maps and the journal are keyed by. */
function keyOf(address: Address): string {
  return Buffer.from(addressEncoder.encode(address)).toString('hex');
}

/** `EdgeChain` over any Solana node. */
export async function createEdgeChain(
  deps: EdgeChainDeps,
  options: EdgeChainOptions = {},
): Promise<EdgeChain> {
  const { client, operator, clock, log } = deps;
  const owner = options.owner ?? operator.address;
  const edge = await client.addresses.edge(owner);

  let periods: Periods | undefined;
  let mediaMint: Address | undefined;
  /** Chain time minus our time, milliseconds. */
  let offsetMs = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  let resources: ReadonlyMap<string, ResourceView> = new Map();
  let guards: readonly Found<'guard'>[] = [];
  const operators = new Map<number, Address>();
  const listeners: (() => void)[] = [];
  const watches: Watch[] = [];

  async function readTime(): Promise<void> {
    const chainMs = Number(await client.chainTime()) * 1000;
    const measured = chainMs - clock.nowMs();
    // The chain tells whole seconds, so it is at or after what we read: small steps back are rounding.
    offsetMs = measured < offsetMs && offsetMs - measured < 1000 ? offsetMs : measured;
    readAt = clock.nowMs();
  }

  async function readResources(): Promise<void> {
    const found = await client.resources();
    const next = new Map<string, ResourceView>();
    for (const each of found) {
      const key = keyOf(each.address);
      next.set(key, {
        address: each.address,
        key,
        status: STATUS_NAMES.get(each.status) ?? 'draft',
        quotaKbps: each.quotaKbps,
        settingsVersion: each.settingsVersion,
      });
    }
    resources = next;
    for (const listener of listeners) listener();
  }

  async function readGuards(): Promise<void> {
    guards = await client.guards();
    for (const guard of guards) operators.set(guard.no, guard.operator);
  }

  const resourceTask = createRepeatingTask(
    readResources,
    { clock, log },
    { name: 'chain-resources', intervalMs: 30_000 },
  );
  const guardTask = createRepeatingTask(
    readGuards,
    { clock, log },
    { name: 'chain-guards', intervalMs: 30_000 },
  );
  const timeTask = createRepeatingTask(
    readTime,
    { clock, log },
    { name: 'chain-time', intervalMs: 5_000, maxBackoffMs: 5_000 },
  );

  function known(): Periods {
    if (periods === undefined) throw new Error('the chain view is not started');
    return periods;
  }

  function send(instructions: readonly Instruction[]): Promise<unknown> {
    return client.send(instructions, { payer: operator });
  }

  return {
    operator: operator.address,
    owner,
    edge,
    tasks: [timeTask, resourceTask, guardTask],
    async start() {
      const config = await client.config();
      mediaMint = config.mediaMint;
      periods = {
        epochZero: Number(config.epochZero),
        sampleSecs: config.sampleSecs,
        reportSlots: config.reportSlots,
        verdictSlots: config.verdictSlots,
        finalHours: config.finalHours,
        hoursPerWeek: config.hoursPerWeek,
      };
      await Promise.all([readTime(), readResources(), readGuards()]);
      watches.push(
        client.watch('resource', () => resourceTask.poke()),
        client.watch('guard', () => guardTask.poke()),
      );
    },
    async close() {
      await Promise.all(watches.splice(0).map((watch) => watch.close()));
    },

    get periods() {
      return known();
    },
    nowMs: () => clock.nowMs() + offsetMs,
    get fresh() {
      return clock.nowMs() - readAt < FRESH_MS;
    },
    resources: () => resources,
    onResources(listener) {
      listeners.push(listener);
    },
    guards: () =>
      guards
        .filter((guard) => guard.status === NODE_STATUS.active)
        .map((guard): GuardView => ({ no: guard.no, operator: guard.operator, endpoint: guard.endpoint })),
    async operatorsOfWeek(week) {
      const set = await client.guardSet(BigInt(week));
      const found = new Map<number, Address>();
      const entries = set?.entries.slice(0, set.count) ?? [];
      if (entries.some(({ no }) => !operators.has(no))) await readGuards();
      for (const { no } of entries) {
        const key = operators.get(no);
        if (key !== undefined) found.set(no, key);
      }
      return found;
    },
    async settings(resource) {
      const account = await client.account('resource', resource);
      if (account === null || account.settingsVersion === 0) return undefined;
      const settings = await client.account('settings', account.settings);
      if (settings === null) return undefined;
      return { blob: settings.tail.subarray(0, settings.length), version: settings.settingsVersion };
    },

    async report(hour) {
      const found = await client.report(edge, BigInt(hour));
      return found === null
        ? undefined
        : { root: Buffer.from(found.root).toString('hex'), bytes: found.bytes };
    },
    async submitReport(report) {
      const account = await client.edge(owner);
      if (account === null || account.status !== NODE_STATUS.active) {
        return {
          kind: 'refused',
          code: 'chain/not-active',
          message: 'This edge is not registered, or has left.',
        };
      }
      const stake = await client.account('stake', account.stake);
      if (stake === null)
        return { kind: 'refused', code: 'chain/insufficient-stake', message: 'This edge has no stake.' };
      try {
        await send([
          await client.instructions.submitReport({
            operator,
            edge,
            stake: account.stake,
            pool: stake.pool,
            hour: BigInt(report.hour),
            bytes: report.bytes,
            root: report.root,
            entryCount: report.entryCount,
          }),
        ]);
        return { kind: 'submitted' };
      } catch (error) {
        return submitOutcome(error);
      }
    },
    async hourSettled(hour) {
      const account = await client.hour(BigInt(hour));
      if (account?.status === HOUR_STATUS.final) return true;
      return clock.nowMs() + offsetMs >= voidAtMs(known(), hour);
    },
    async closeReport(hour) {
      const found = await client.report(edge, BigInt(hour));
      if (found === null) return;
      await send([
        await client.instructions.closeReport({
          hour: BigInt(hour),
          report: found.address,
          payer: found.payer,
        }),
      ]);
    },
    async closableHours() {
      const paid = await client.list('hour', { payer: operator.address });
      const now = clock.nowMs() + offsetMs;
      return paid
        .map(({ hour }) => Number(hour))
        .filter((hour) => now > hourClosableAtMs(known(), hour) + CLOSE_MARGIN_MS)
        .sort((a, b) => a - b);
    },
    async closeHour(hour) {
      await send([await client.instructions.closeHour({ hour: BigInt(hour), payer: operator.address })]);
    },
    lamports: () => client.lamports(operator.address),

    async lastEpoch() {
      const config = await client.config();
      if (config.lastEpoch === 0n) return undefined;
      const week = config.lastEpoch - 1n;
      const epoch = await client.epoch(week);
      return epoch === null ? undefined : { week, root: Buffer.from(epoch.root).toString('hex') };
    },
    async claimed() {
      return (await client.claimed(owner))?.claimed ?? 0n;
    },
    async claim(week, cumulative, proof) {
      if (proof.length > MAX_PROOF) {
        throw new MediaError({
          code: 'edge/bad-proof',
          message: 'The proof of a claim is too long.',
          source: 'peer',
        });
      }
      const mint = mediaMint ?? (await client.config()).mediaMint;
      const ownerMedia = await client.addresses.associatedToken(owner, mint);
      await send([
        createTokenAccount(operator, ownerMedia, owner, mint),
        await client.instructions.claim({
          payer: operator,
          owner,
          ownerMedia,
          week,
          cumulative,
          tail: Buffer.concat(proof),
        }),
      ]);
    },
  };
}

function submitOutcome(error: unknown): SubmitOutcome {
  const code = errorCode(error);
  switch (code) {
    case 'chain/already-exists':
      return { kind: 'exists' };
    case 'chain/too-late':
      return { kind: 'tooLate' };
    case 'chain/too-early':
      return { kind: 'tooEarly' };
    case 'chain/not-active':
    case 'chain/insufficient-stake':
      return { kind: 'refused', code, message: errorMessage(error) };
    default:
      throw error;
  }
}

/** The associated token account program's CreateIdempotent: does nothing where the account exists. */
function createTokenAccount(
  payer: KeyPairSigner,
  account: Address,
  owner: Address,
  mint: Address,
): Instruction {
  return {
    programAddress: PROGRAMS.ata,
    accounts: [
      { address: payer.address, role: AccountRole.WRITABLE_SIGNER },
      { address: account, role: AccountRole.WRITABLE },
      { address: owner, role: AccountRole.READONLY },
      { address: mint, role: AccountRole.READONLY },
      { address: PROGRAMS.system, role: AccountRole.READONLY },
      { address: PROGRAMS.token, role: AccountRole.READONLY },
    ],
    data: Uint8Array.of(1),
  };
}
