import { randomBytes } from 'node:crypto';
import { addressOf, toHex, addressBytes } from '@media-network/protocol';
import { address } from '@solana/kit';
import type { Address } from '@solana/kit';
import type {
  ClaimOutcome,
  CreditTerms,
  EdgeChain,
  EdgeView,
  FinalHour,
  GuardView,
  OpenWeek,
  ReportToSubmit,
  ResourceStatus,
  ResourceView,
  SubmitOutcome,
} from '../src/index.ts';
import type { Periods } from '../src/chain/periods.ts';

export interface FakeChain extends EdgeChain {
  /** Moves the chain's clock; ours stands still. */
  advance(ms: number): void;
  addResource(settings: Uint8Array | undefined, over?: Partial<ResourceView>): ResourceView;
  /** `untilHourEnds`: within the hour of the change, which stays billed. */
  setStatus(resource: Address, status: ResourceStatus, untilHourEnds?: boolean): void;
  setSettings(resource: Address, blob: Uint8Array): void;
  readonly submitted: ReportToSubmit[];
  readonly closed: number[];
  readonly closable: number[];
  readonly closedHours: number[];
  /** What the chain answers instead of taking a report. */
  refuse: SubmitOutcome | undefined;
  open: OpenWeek[];
  readonly claims: { week: bigint; amount: bigint; proof: readonly Uint8Array[] }[];
  /** What the chain says to a claim. */
  claimOutcome: ClaimOutcome;
  terms: CreditTerms;
  stakes: { own: bigint; all: bigint };
  final: FinalHour | undefined;
  /** Accounts of the guards in every week's set, by number. */
  readonly guardAccounts: Map<number, Address>;
  guardList: GuardView[];
  edgeList: EdgeView[];
  stale: boolean;
  /** Where the chain says that this edge's control plane is. */
  controlEndpoint: string | undefined;
  /** Vouching key of resources that are added from now on. */
  vouchKey: Address;
  /** Publisher of resources that are added from now on. */
  publisher: Address;
}

export const randomAddress = (): Address => address(addressOf(randomBytes(32)));

/** A chain in memory: what it is told, and what it was asked to do. */
export function createFakeChain(
  operator: Address,
  owner: Address = operator,
  over: Partial<Periods> = {},
  edge: Address = randomAddress(),
): FakeChain {
  const periods: Periods = {
    epochZero: Math.floor(Date.now() / 1000) - 30 * 3600,
    sampleSecs: 300,
    reportSlots: 6,
    verdictSlots: 12,
    finalHours: 24,
    lateHours: 336,
    hoursPerWeek: 168,
    ...over,
  };
  const resources = new Map<string, ResourceView>();
  const settings = new Map<string, { blob: Uint8Array; version: number }>();
  const listeners: (() => void)[] = [];
  let shiftMs = 0;
  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  const chain: FakeChain = {
    operator,
    owner,
    edge,
    region: 'eu-west',
    tasks: [],
    start: () => Promise.resolve(),
    close: () => Promise.resolve(),
    periods,
    nowMs: () => Date.now() + shiftMs,
    chainMsAt: (ourMs) => ourMs + shiftMs,
    get fresh() {
      return !chain.stale;
    },
    stale: false,
    resources: () => resources,
    onResources: (listener) => {
      listeners.push(listener);
    },
    guards: () => chain.guardList,
    setOfWeek: () =>
      Promise.resolve(
        new Map(
          chain.guardList.map(({ no, operator: key }) => [
            String(chain.guardAccounts.get(no)),
            { no, operator: key },
          ]),
        ),
      ),
    creditTerms: () => Promise.resolve(chain.terms),
    edgeList: [],
    edges: () => Promise.resolve(chain.edgeList),
    worths: () => Promise.resolve(chain.stakes),
    reportWorth: () => Promise.resolve(chain.stakes.own),
    lastFinalHour: () => Promise.resolve(chain.final),
    settings: (resource) => Promise.resolve(settings.get(resource)),
    controlEndpoint: undefined,
    control: () => Promise.resolve(chain.controlEndpoint),
    report(hour) {
      const found = chain.submitted.find((report) => report.hour === hour);
      return Promise.resolve(
        found === undefined ? undefined : { root: toHex(found.root), bytes: found.bytes },
      );
    },
    submitReport(report) {
      if (chain.refuse !== undefined) return Promise.resolve(chain.refuse);
      if (chain.submitted.some((known) => known.hour === report.hour))
        return Promise.resolve({ kind: 'exists' });
      chain.submitted.push(report);
      return Promise.resolve({ kind: 'submitted' });
    },
    closeReport(hour) {
      chain.closed.push(hour);
      return Promise.resolve();
    },
    closableHours: () => Promise.resolve(chain.closable.splice(0)),
    closeHour(hour) {
      chain.closedHours.push(hour);
      return Promise.resolve();
    },
    lamports: () => Promise.resolve(10n ** 9n),
    openWeeks: () => Promise.resolve(chain.open),
    claim(week, amount, proof) {
      chain.claims.push({ week, amount, proof });
      return Promise.resolve(chain.claimOutcome);
    },

    advance(ms) {
      shiftMs += ms;
    },
    addResource(blob, more = {}) {
      const at = more.address ?? randomAddress();
      const view: ResourceView = {
        address: at,
        key: toHex(addressBytes(at)),
        publisher: chain.publisher,
        status: 'active',
        spans: [{ from: 0n, until: 2n ** 64n - 1n }],
        terms: [{ from: 0n, allowance: 10n ** 12n, vouchKey: addressBytes(chain.vouchKey) }],
        termsCount: 1,
        quotaKbps: 1_000_000,
        settingsVersion: blob === undefined ? 0 : 1,
        ...more,
      };
      resources.set(view.key, view);
      if (blob !== undefined) settings.set(at, { blob, version: 1 });
      changed();
      return view;
    },
    setStatus(resource, status, untilHourEnds = false) {
      const key = toHex(addressBytes(resource));
      const view = resources.get(key);
      if (view === undefined) throw new Error('no such resource');
      // As it is once the hour of the change is over.
      const spans = status === 'active' || untilHourEnds ? [{ from: 0n, until: 2n ** 64n - 1n }] : [];
      resources.set(key, { ...view, status, spans });
      changed();
    },
    setSettings(resource, blob) {
      const key = toHex(addressBytes(resource));
      const view = resources.get(key);
      if (view === undefined) throw new Error('no such resource');
      const version = view.settingsVersion + 1;
      settings.set(resource, { blob, version });
      resources.set(key, { ...view, settingsVersion: version });
      changed();
    },
    submitted: [],
    closed: [],
    closable: [],
    closedHours: [],
    refuse: undefined,
    open: [],
    claims: [],
    claimOutcome: 'claimed',
    terms: { feePerGb: 2_000_000n, guardShareBps: 2_000, openYieldBps: 900 },
    stakes: { own: 1_000n * 10n ** 9n, all: 1_000n * 10n ** 9n },
    final: undefined,
    guardAccounts: new Map(),
    guardList: [],
    vouchKey: randomAddress(),
    publisher: randomAddress(),
  };
  return chain;
}
