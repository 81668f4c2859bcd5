import { PROGRAMS } from '@media-network/chain';
import type { Followed, Found, MediaClient, Watch } from '@media-network/chain';
import {
  CLAIM_WINDOW,
  EPOCH_STATUS,
  HOUR_STATUS,
  NODE_STATUS,
  RESOURCE_STATUS,
} from '@media-network/chain/schema';
import { addressBytes, operatorIn } from '@media-network/protocol';
import { MediaError, createRepeatingTask, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { AccountRole, address } from '@solana/kit';
import type { Address, Instruction, KeyPairSigner } from '@solana/kit';
import type {
  ClaimOutcome,
  EdgeChain,
  FinalHour,
  GuardView,
  ResourceStatus,
  ResourceView,
  SetGuard,
  SubmitOutcome,
} from './edge-chain.ts';
import { hourAt, hourClosableAtMs, weekOf } from './periods.ts';
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
/** A set grows until it is usable, so it is read again, but not at the pace of strangers. */
const SET_FRESH_MS = 1_000;
/** Hours back in which the last final one is looked for. */
const FINAL_LOOK_BACK = 48;
/** A proof of one leaf is at most this many steps (docs/chain.md, Hashes). */
const MAX_PROOF = 32;

/** An address as 32 bytes, hex: what maps and the journal are keyed by. */
function keyOf(address: Address): string {
  return Buffer.from(addressBytes(address)).toString('hex');
}

function viewOf(resource: Found<'resource'>): ResourceView {
  const { address, publisher, spans, terms, termsCount, quotaKbps, settingsVersion } = resource;
  const status = STATUS_NAMES.get(resource.status) ?? 'draft';
  const key = keyOf(address);
  return { address, key, publisher, status, spans, terms, termsCount, quotaKbps, settingsVersion };
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
  const resources = new Map<string, ResourceView>();
  let followed: Followed<ResourceView> | undefined;
  let hourSeen: number | undefined;
  let guards: readonly Found<'guard'>[] = [];
  let region = '';
  const sets = new Map<number, { readonly at: number; readonly guards: ReadonlyMap<string, SetGuard> }>();
  let lastFinal: FinalHour | undefined;
  const listeners: ((changed?: readonly string[]) => void)[] = [];
  const watches: Pick<Watch, 'close'>[] = [];

  async function readTime(): Promise<void> {
    const chainMs = Number(await client.chainTime()) * 1000;
    const measured = chainMs - clock.nowMs();
    // The chain tells whole seconds, so it is at or after what we read: small steps back are rounding.
    offsetMs = measured < offsetMs && offsetMs - measured < 1000 ? offsetMs : measured;
    readAt = clock.nowMs();
  }

  async function readResources(): Promise<void> {
    const news = await followed?.news();
    const views = news?.changed ?? [];
    const gone = news?.gone.map(keyOf) ?? [];
    for (const view of views) resources.set(view.key, view);
    for (const key of gone) resources.delete(key);
    const hour = hourAt(known(), now());
    const changed = [...views.map(({ key }) => key), ...gone];
    // One that is taken off is served to the end of its last hour.
    if (hour !== hourSeen) for (const listener of listeners) listener();
    else if (changed.length > 0) for (const listener of listeners) listener(changed);
    hourSeen = hour;
  }

  async function readGuards(): Promise<void> {
    const [found, own] = await Promise.all([client.guards(), client.edge(owner)]);
    guards = found;
    region = own === null ? '' : Buffer.from(own.region).toString('latin1').replace(/\0+$/, '');
    // Whoever is in a set may have another key now.
    sets.clear();
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

  const chainMsAt = (ourMs: number): number => ourMs + offsetMs;
  const now = (): number => chainMsAt(clock.nowMs());

  function send(instructions: readonly Instruction[]): Promise<unknown> {
    return client.send(instructions, { payer: operator });
  }

  return {
    operator: operator.address,
    owner,
    edge,
    get region() {
      return region;
    },
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
        lateHours: config.lateHours,
        hoursPerWeek: config.hoursPerWeek,
      };
      followed = client.follow('resource', { keep: viewOf, onChange: () => resourceTask.poke() });
      await readTime();
      await Promise.all([readResources(), readGuards()]);
      watches.push(
        followed,
        client.watch('guard', () => guardTask.poke()),
      );
    },
    async close() {
      await Promise.all(watches.splice(0).map((watch) => watch.close()));
    },

    get periods() {
      return known();
    },
    nowMs: now,
    chainMsAt,
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
    async setOfWeek(week) {
      const cached = sets.get(week);
      if (cached !== undefined && clock.nowMs() - cached.at < SET_FRESH_MS) return cached.guards;
      const set = await client.guardSet(BigInt(week));
      const hour = BigInt(hourAt(known(), now()));
      const found = new Map<string, SetGuard>();
      const entries = set?.entries.slice(0, set.count) ?? [];
      if (entries.some(({ no }) => !guards.some((guard) => guard.no === no))) await readGuards();
      for (const { no } of entries) {
        const guard = guards.find((each) => each.no === no);
        if (guard !== undefined) found.set(guard.address, { no, operator: address(operatorIn(guard, hour)) });
      }
      sets.set(week, { at: clock.nowMs(), guards: found });
      for (const old of sets.keys()) if (old < week - 1) sets.delete(old);
      return found;
    },
    async creditTerms(week) {
      const { feePerGb, guardShareBps, openYieldBps } =
        (await client.guardSet(BigInt(week))) ?? (await client.config());
      return { feePerGb, guardShareBps, openYieldBps };
    },
    async edges() {
      const hour = BigInt(hourAt(known(), now()));
      const active = (await client.edges()).filter((each) => each.status === NODE_STATUS.active);
      return active.map((each) => ({
        address: each.address,
        endpoint: each.endpoint,
        control: each.control,
        operator: address(operatorIn(each, hour)),
        region: Buffer.from(each.region).toString('latin1').replace(/\0+$/, ''),
      }));
    },
    async worths() {
      const active = (await client.edges()).filter((each) => each.status === NODE_STATUS.active);
      return {
        own: active.find((each) => each.address === edge)?.worth ?? 0n,
        all: active.reduce((sum, { worth }) => sum + worth, 0n),
      };
    },
    async reportWorth() {
      const [account, config] = await Promise.all([client.account('edge', edge), client.config()]);
      const stake = account === null ? null : await client.account('stake', account.stake);
      const pool = stake === null ? null : await client.account('pool', stake.pool);
      if (account === null || stake === null || pool === null) return 0n;
      const { averagePrice, worthOf } = await import('@media-network/chain/model');
      const average = averagePrice(pool, await client.chainTime(), BigInt(config.twapSecs));
      const now = worthOf(pool, average, stake.lp);
      return now < account.worth ? now : account.worth;
    },
    async lastFinalHour() {
      const current = hourAt(known(), now());
      // The newest that can be final, and those before it: a quiet hour has no account.
      for (let hour = current - 1; hour >= 0 && hour >= current - FINAL_LOOK_BACK; hour -= 1) {
        if (hour === lastFinal?.hour) break;
        const account = await client.hour(BigInt(hour));
        if (account?.status !== HOUR_STATUS.final) continue;
        lastFinal = { hour, root: Buffer.from(account.root).toString('hex') };
        break;
      }
      return lastFinal;
    },
    async settings(resource) {
      const account = await client.account('resource', resource);
      if (account === null || account.settingsVersion === 0) return undefined;
      const settings = await client.account('settings', account.settings);
      if (settings === null) return undefined;
      return { blob: settings.tail.subarray(0, settings.length), version: settings.settingsVersion };
    },

    async control() {
      return (await client.edge(owner))?.control;
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
            week: BigInt(weekOf(known(), report.hour)),
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
      return paid
        .map(({ hour }) => Number(hour))
        .filter((hour) => now() > hourClosableAtMs(known(), hour) + CLOSE_MARGIN_MS)
        .sort((a, b) => a - b);
    },
    async closeHour(hour) {
      await send([await client.instructions.closeHour({ hour: BigInt(hour), payer: operator.address })]);
    },
    lamports: () => client.lamports(operator.address),

    async openWeeks() {
      const [epochs, claim] = await Promise.all([
        client.list('epoch', { status: EPOCH_STATUS.endorsed }),
        client.claimed(owner),
      ]);
      return epochs
        .filter(({ week, rewards }) => rewards > 0n && !isClaimed(claim, week))
        .map(({ week, root }) => ({ week, root: Buffer.from(root).toString('hex') }))
        .sort((a, b) => Number(a.week - b.week));
    },
    async claim(week, amount, proof) {
      if (proof.length > MAX_PROOF) {
        throw new MediaError({
          code: 'edge/bad-proof',
          message: 'The proof of a claim is too long.',
          source: 'peer',
        });
      }
      const mint = mediaMint ?? (await client.config()).mediaMint;
      const ownerMedia = await client.addresses.associatedToken(owner, mint);
      try {
        await send([
          createTokenAccount(operator, ownerMedia, owner, mint),
          await client.instructions.claim({
            payer: operator,
            owner,
            ownerMedia,
            week,
            amount,
            tail: Buffer.concat(proof),
          }),
        ]);
        return 'claimed';
      } catch (error) {
        return claimOutcome(error);
      }
    },
  };
}

/** Weeks below the window are past claiming. */
function isClaimed(claim: Found<'claim'> | null, week: bigint): boolean {
  if (claim === null || week >= claim.base + BigInt(CLAIM_WINDOW)) return false;
  if (week < claim.base) return true;
  const bit = Number(week % BigInt(CLAIM_WINDOW));
  return (((claim.claimed[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1;
}

function claimOutcome(error: unknown): ClaimOutcome {
  switch (errorCode(error)) {
    case 'chain/payout-capped':
      return 'capped';
    case 'chain/nothing-to-claim':
    case 'chain/already-exists':
      return 'already';
    default:
      throw error;
  }
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
