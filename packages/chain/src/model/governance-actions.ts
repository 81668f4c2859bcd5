import type { Address } from '@solana/kit';

import { decodeAction } from '../codec/actions.ts';
import { PROGRAMS } from '../programs.ts';
import { ACTIONS } from '../schema/index.ts';
import type { ActionName } from '../schema/index.ts';
import { fail } from './failure.ts';
import type { Draft } from './state.ts';

type Config = Draft<'config'>;

const MEDIA = 1_000_000_000n;
const DAY = 86_400n;

interface Bound {
  readonly low: bigint;
  readonly high: bigint;
  /** Moves by at most half or double. */
  readonly gradual?: true;
  /** Holds for whole weeks. */
  readonly weekly?: true;
}

/** What a vote may set, stated anew from whitepaper §6.1 and docs/governance.md. */
const SETTABLE: Readonly<Record<string, Readonly<Record<string, Bound>>>> = {
  dataFees: { feePerGb: { low: 1n, high: 10n * MEDIA, weekly: true } },
  burst: { quotaKbpsPerMedia: { low: 1n, high: 10n ** 6n }, burstTimes: { low: 1n, high: 10n } },
  feeStructure: {
    dustBytes: { low: 0n, high: 2n ** 30n, weekly: true },
    poolFeeBps: { low: 2n, high: 1_000n },
    domainStake: { low: 1n, high: 10_000n * MEDIA },
    domainNoticeHours: { low: 1n, high: 10_000n },
  },
  buyback: {
    buybackBps: { low: 1n, high: 100n },
    buybackSecs: { low: 1n, high: DAY },
    buybackSpotBps: { low: 1n, high: 1_000n },
  },
  structure: {
    votingSecs: { low: 1n, high: 30n * DAY, gradual: true },
    timelockSecs: { low: 1n, high: 30n * DAY, gradual: true },
    seasoningSecs: { low: 1n, high: 90n * DAY, gradual: true },
    quorumVotes: { low: 1n, high: 5_000_000n * MEDIA, gradual: true },
    depositQuote: { low: 1n, high: 10n ** 15n, gradual: true },
    depositFloor: { low: 1n, high: 100_000n * MEDIA, gradual: true },
    depositCeiling: { low: 1n, high: 100_000n * MEDIA, gradual: true },
    minGuards: { low: 1n, high: 21n, weekly: true },
    maxGuards: { low: 1n, high: 21n },
    minGuardStake: { low: 0n, high: 1_000_000n * MEDIA },
  },
  fund: {
    guardShareBps: { low: 0n, high: 5_000n, weekly: true },
    openYieldBps: { low: 0n, high: 2_000n, weekly: true },
    rewardBoostBps: { low: 0n, high: 3_900n, weekly: true },
    rewardBudget: { low: 0n, high: 10_000_000n * MEDIA },
    minEdgeStake: { low: 0n, high: 10_000n * MEDIA, weekly: true },
    minPoolMedia: { low: 0n, high: 1_000_000n * MEDIA },
    domainStake: { low: 1n, high: 10_000n * MEDIA },
    domainNoticeHours: { low: 1n, high: 8_760n },
    electionBond: { low: 1n, high: 10_000n * MEDIA },
    slashElectorBps: { low: 1n, high: 5_000n },
  },
};

const names = new Map<number, ActionName>(
  // Object.entries widens the names of the table.
  Object.entries(ACTIONS).map(([name, { kind }]) => [kind, name as ActionName]),
);

export function actionName(kind: number): ActionName | undefined {
  return names.get(kind);
}

const valueOf = (config: Config, name: string): bigint =>
  // Every settable parameter is an integer field of the config by that name.
  BigInt((config as unknown as Readonly<Record<string, number | bigint>>)[name] ?? 0n);

/** What a proposal sets, by name; `InvalidParameter` where it must not. */
export function settings(config: Config, kind: number, action: Uint8Array): ReadonlyMap<string, bigint> {
  const name = actionName(kind);
  const table = name === undefined ? undefined : SETTABLE[name];
  if (name === undefined || table === undefined) return fail('WrongKind');
  const said = decodeAction(name, action);
  const fields: Readonly<Record<string, unknown>> = said.value;
  const chosen = new Map<string, bigint>();
  const mask = Number(fields['mask']);
  const known = Object.keys(table);
  if (!said.isWhole || mask === 0 || mask >= 2 ** known.length) return fail('InvalidParameter');
  for (const [index, [field, bound]] of Object.entries(table).entries()) {
    // A field of the table is a number of 32 or 64 bits.
    const value = BigInt(fields[field] as number | bigint);
    if (((mask >> index) & 1) === 0) {
      if (value !== 0n) fail('InvalidParameter');
      continue;
    }
    const before = valueOf(config, field);
    if (value < bound.low || value > bound.high) fail('InvalidParameter');
    if (bound.gradual === true && (value > 2n * before || before > 2n * value)) fail('InvalidParameter');
    chosen.set(field, value);
  }
  const after = (field: string): bigint => chosen.get(field) ?? valueOf(config, field);
  if (after('minGuards') > after('maxGuards')) fail('InvalidParameter');
  if (after('depositFloor') > after('depositCeiling')) fail('InvalidParameter');
  return chosen;
}

export function setsParameters(kind: number): boolean {
  const name = actionName(kind);
  return name !== undefined && SETTABLE[name] !== undefined;
}

export function isWeekly(kind: number, field: string): boolean {
  const name = actionName(kind);
  return name !== undefined && SETTABLE[name]?.[field]?.weekly === true;
}

const isEmpty = (address: Address): boolean => address === PROGRAMS.system;
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** `InvalidParameter` unless a proposal says what one of its kind can. */
export function checkAction(config: Config, kind: number, action: Uint8Array): void {
  if (setsParameters(kind)) {
    settings(config, kind, action);
    return;
  }
  if (!isAction(config, kind, action)) fail('InvalidParameter');
}

function isAction(config: Config, kind: number, action: Uint8Array): boolean {
  const name = actionName(kind);
  if (name === undefined || !decodeAction(name, action).isWhole) return false;
  switch (name) {
    case 'integration': {
      const { value } = decodeAction(name, action);
      const text = Buffer.from(value.name).toString('latin1');
      return /^[a-z0-9.-]{1,32}\0*$/.test(text) && value.enabled <= 1 && !isZero(value.sha256);
    }
    case 'replaceGuard': {
      const { value } = decodeAction(name, action);
      const isKnown = !isEmpty(value.guard) && value.guard !== value.successor;
      return isKnown && value.weeks >= 1 && value.weeks <= 520;
    }
    case 'grant': {
      const { value } = decodeAction(name, action);
      // Stopping it takes a vote and its delay: by then a quarter is paid at most.
      const isTimed =
        value.secs >= 4 * (config.votingSecs + config.timelockSecs) && BigInt(value.secs) <= 4n * 365n * DAY;
      return !isEmpty(value.recipient) && value.amount > 0n && isTimed;
    }
    case 'stopGrant':
      return decodeAction(name, action).value.grant > 0n;
    case 'removeResource':
      return !isEmpty(decodeAction(name, action).value.resource);
    case 'upgrade': {
      const { value } = decodeAction(name, action);
      return !isZero(value.digest) && value.length > 0;
    }
    default:
      return false;
  }
}
