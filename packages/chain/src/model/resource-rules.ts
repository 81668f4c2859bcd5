import { getAddressEncoder } from '@solana/kit';
import type { Address } from '@solana/kit';

import { PROGRAMS } from '../programs.ts';
import { RESOURCE_STATUS, ROLE, SAMPLE_RING, SETTINGS_STATUS } from '../schema/index.ts';
import { quotaOf, u64 } from './arithmetic.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import { sameBytes } from './merkle.ts';
import { isQuorum, openQuorum, openVoter } from './node-rules.ts';
import { checkSame, worth, worthForRights } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import { sha256 } from './sha256.ts';
import { changeTerms, closeSpan, isSettled, openSpan } from './spans.ts';
import { openStake } from './stake-rules.ts';
import type { Draft } from './state.ts';
import { hourAt, weekAt } from './time.ts';

/** "None" in an account that holds an address. */
const NO_ACCOUNT: Address = PROGRAMS.system;
const MAX_SETTINGS = 8_192;
/** Of a seed of `createAccountWithSeed`. */
const MAX_SEED = 32;
const encoder = getAddressEncoder();
const bytesOf = (address: Address): Uint8Array => new Uint8Array(encoder.encode(address));
const RING_BYTES = 48 + SAMPLE_RING * 4;

function openOwn(context: Context): Draft<'resource'> {
  const resource = context.open('resource', context.at('resource'));
  checkSame(resource.publisher, context.at('publisher'));
  return resource;
}

/** Removed, or the tombstone of one that was released. */
function isGone(resource: Draft<'resource'>): boolean {
  return resource.status === RESOURCE_STATUS.removed || resource.status === RESOURCE_STATUS.released;
}

export function refreshedQuota(
  resource: Draft<'resource'>,
  pool: Draft<'pool'>,
  config: Draft<'config'>,
  now: bigint,
): number {
  return quotaOf(worth(pool, config, now, resource.lp), config.quotaKbpsPerMedia);
}

/** The guards have to look at it anew. */
function dropVotes(resource: Draft<'resource'>): void {
  resource.authWeek = 0n;
  resource.authCount = 0;
}

/** Whether anything is to be paid before LP can leave. */
function owes(resource: Draft<'resource'>): boolean {
  return resource.debt > 0n || resource.weeks.some(({ due }) => due > 0n);
}

function checkPool(resource: Draft<'resource'>, context: Context): Draft<'pool'> {
  const pool = context.open('pool', context.at('pool'));
  checkSame(resource.pool, context.at('pool'));
  return pool;
}

/** Resources and their settings (docs/chain.md, Resources). */
export const resourceRules: Pick<
  Rules,
  | 'registerResource'
  | 'attachRing'
  | 'openSettings'
  | 'writeSettings'
  | 'sealSettings'
  | 'updateResource'
  | 'pauseResource'
  | 'removeResource'
  | 'releaseResource'
  | 'authorise'
  | 'refreshQuota'
> = {
  registerResource(context, args) {
    const { stake } = openStake(context, 'publisher');
    if (stake.flags !== ROLE.publisher) fail('WrongRole');
    if (context.find('resource', context.at('resource')) !== null) fail('AlreadyExists');
    if (args.lp === 0n) fail('ZeroAmount');
    if (args.lp > stake.lp - stake.allocated) fail('InsufficientStake');
    stake.allocated = u64(stake.allocated + args.lp);
    const resource = context.create('resource', context.at('resource'), {
      id: args.id,
      lp: args.lp,
      publisher: context.at('publisher'),
      pool: context.at('pool'),
      stake: context.at('stake'),
      termsCount: 1,
    });
    const { allowance, vouchKey } = args;
    resource.terms = resource.terms.with(0, { from: 0n, allowance, vouchKey });
  },

  attachRing(context) {
    const resource = openOwn(context);
    const at = context.at('ring');
    const blank = context.blank(at);
    const existing = context.find('ring', at);
    if (existing === null && blank === null) fail('WrongOwner');
    if (blank !== null && blank.size !== RING_BYTES) fail('WrongTag');
    if (context.tail.length > MAX_SEED) fail('InvalidParameter');
    // A ring is its publisher's own: the address follows from the publisher's and a seed.
    const derived = sha256(bytesOf(context.at('publisher')), context.tail, bytesOf(context.programId));
    if (!sameBytes(derived, bytesOf(at))) fail('WrongAddress');
    if (resource.status === RESOURCE_STATUS.released) fail('WrongStatus');
    if (existing !== null || resource.ring !== NO_ACCOUNT) fail('AlreadyExists');
    context.create('ring', at, { resource: context.at('resource'), tail: new Uint32Array(SAMPLE_RING) });
    resource.ring = at;
  },

  openSettings(context, args) {
    const resource = openOwn(context);
    if (isGone(resource)) fail('WrongStatus');
    if (args.settingsVersion !== resource.settingsVersion + 1) fail('InvalidParameter');
    if (args.capacity < 1 || args.capacity > MAX_SETTINGS) fail('InvalidParameter');
    context.create('settings', context.at('settings'), {
      resource: context.at('resource'),
      settingsVersion: args.settingsVersion,
      tail: new Uint8Array(args.capacity),
    });
  },

  writeSettings(context, args) {
    const resource = openOwn(context);
    const settings = context.open('settings', context.at('settings'));
    checkSame(settings.resource, context.at('resource'));
    if (resource.status === RESOURCE_STATUS.released) fail('WrongStatus');
    if (settings.status !== SETTINGS_STATUS.open) fail('WrongStatus');
    if (args.offset + context.tail.length > settings.tail.length) fail('TooLarge');
    settings.tail = Uint8Array.from(settings.tail);
    settings.tail.set(context.tail, args.offset);
  },

  sealSettings(context, args) {
    const resource = openOwn(context);
    const settings = context.open('settings', context.at('settings'));
    checkSame(settings.resource, context.at('resource'));
    if (settings.status !== SETTINGS_STATUS.open) fail('WrongStatus');
    checkSame(context.at('previous'), resource.settings);
    if (resource.settingsVersion > 0) context.open('settings', resource.settings);
    if (settings.settingsVersion !== resource.settingsVersion + 1) fail('InvalidParameter');
    if (isGone(resource)) fail('WrongStatus');
    if (args.length < 1) fail('InvalidParameter');
    if (args.length > settings.tail.length) fail('TooLarge');
    if (!sameBytes(sha256(settings.tail.subarray(0, args.length)), args.sha256)) fail('HashMismatch');
    settings.status = SETTINGS_STATUS.sealed;
    settings.length = args.length;
    settings.sha256 = args.sha256;
    if (resource.settings !== NO_ACCOUNT) context.remove(resource.settings);
    resource.settings = context.at('settings');
    resource.settingsVersion = settings.settingsVersion;
    // Whoever voted has looked at other settings.
    dropVotes(resource);
    if (resource.status !== RESOURCE_STATUS.draft) return;
    if (resource.ring === NO_ACCOUNT) fail('WrongStatus');
    resource.status = RESOURCE_STATUS.pending;
  },

  updateResource(context, args) {
    const { config, pool, stake } = openStake(context, 'publisher');
    const resource = openOwn(context);
    checkSame(resource.stake, context.at('stake'));
    if (isGone(resource)) fail('WrongStatus');
    const hour = hourAt(config, context.now);
    // Charges take of it at any time: whoever changes something else does not know how much there is.
    const lp = args.lp === 0n ? resource.lp : args.lp;
    const raised = lp > resource.lp;
    if (raised) {
      if (lp - resource.lp > stake.lp - stake.allocated) fail('InsufficientStake');
    } else if (lp < resource.lp) {
      if (owes(resource)) fail('DebtOpen');
      if (resource.status !== RESOURCE_STATUS.paused || !isSettled(config, resource, hour))
        fail('StakeInUse');
    }
    stake.allocated = u64(stake.allocated + lp - resource.lp);
    resource.lp = lp;
    const terms = resource.terms[resource.termsCount - 1];
    if (args.allowance !== terms?.allowance || !sameBytes(args.vouchKey, terms.vouchKey))
      changeTerms(config, resource, hour, { allowance: args.allowance, vouchKey: args.vouchKey });
    if (raised && resource.status === RESOURCE_STATUS.active)
      resource.quotaKbps = quotaOf(
        worthForRights(pool, config, context.now, resource.lp),
        config.quotaKbpsPerMedia,
      );
  },

  pauseResource(context, args) {
    const config = context.open('config', context.at('config'));
    const resource = openOwn(context);
    const { active, exhausted, pending, paused } = RESOURCE_STATUS;
    if (args.paused === 1) {
      if (![active, exhausted, pending].some((status) => status === resource.status)) fail('WrongStatus');
      resource.status = paused;
      closeSpan(resource, hourAt(config, context.now));
    } else if (args.paused === 0) {
      if (resource.status !== paused) fail('WrongStatus');
      resource.status = pending;
      dropVotes(resource);
    } else fail('InvalidParameter');
  },

  removeResource(context) {
    const config = context.open('config', context.at('config'));
    const resource = openOwn(context);
    if (isGone(resource)) fail('WrongStatus');
    resource.status = RESOURCE_STATUS.removed;
    closeSpan(resource, hourAt(config, context.now));
  },

  releaseResource(context) {
    const config = context.open('config', context.at('config'));
    const stake = context.open('stake', context.at('stake'));
    const resource = openOwn(context);
    checkSame(resource.stake, context.at('stake'));
    if (resource.ring !== NO_ACCOUNT) checkSame(resource.ring, context.at('ring'));
    checkSame(resource.settings, context.at('settings'));
    if (resource.settings !== NO_ACCOUNT) context.open('settings', resource.settings);
    if (resource.status !== RESOURCE_STATUS.removed) fail('WrongStatus');
    if (!isSettled(config, resource, hourAt(config, context.now))) fail('TooEarly');
    if (resource.weeks.some(({ due }) => due > 0n)) fail('ChargeFirst');
    if (resource.debt > 0n) fail('DebtOpen');
    stake.allocated = u64(stake.allocated - resource.lp);
    for (const linked of [resource.ring, resource.settings])
      if (linked !== NO_ACCOUNT) context.remove(linked);
    resource.lp = 0n;
    resource.ring = NO_ACCOUNT;
    resource.settings = NO_ACCOUNT;
    resource.status = RESOURCE_STATUS.released;
  },

  authorise(context, args) {
    const config = context.open('config', context.at('config'));
    const guard = openVoter(context);
    const resource = context.open('resource', context.at('resource'));
    const pool = checkPool(resource, context);
    if (args.week !== weekAt(config, context.now)) fail('WrongWeek');
    const set = openQuorum(context, guard, config);
    if (resource.status !== RESOURCE_STATUS.pending || resource.ring === NO_ACCOUNT) fail('WrongStatus');
    if (args.settingsVersion !== resource.settingsVersion) fail('BasisChanged');
    if (resource.authWeek !== args.week) {
      resource.authWeek = args.week;
      resource.authCount = 0;
    }
    if (resource.authVotes.slice(0, resource.authCount).includes(guard.no)) fail('AlreadyVoted');
    resource.authVotes = resource.authVotes.with(resource.authCount, guard.no);
    resource.authCount += 1;
    if (!isQuorum(resource.authCount, set.count)) return;
    const value = worthForRights(pool, config, context.now, resource.lp);
    if (value === 0n) fail('InsufficientStake');
    openSpan(config, resource, hourAt(config, context.now));
    resource.status = RESOURCE_STATUS.active;
    resource.quotaKbps = quotaOf(value, config.quotaKbpsPerMedia);
  },

  refreshQuota(context) {
    const config = context.open('config', context.at('config'));
    const resource = context.open('resource', context.at('resource'));
    const pool = checkPool(resource, context);
    const { active, exhausted } = RESOURCE_STATUS;
    if (resource.status !== active && resource.status !== exhausted) fail('WrongStatus');
    const value = worthForRights(pool, config, context.now, resource.lp);
    resource.quotaKbps = quotaOf(value, config.quotaKbpsPerMedia);
    if (resource.status !== exhausted || owes(resource) || value === 0n) return;
    openSpan(config, resource, hourAt(config, context.now));
    resource.status = active;
  },
};
