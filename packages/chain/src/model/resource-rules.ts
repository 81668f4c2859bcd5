import type { Address } from '@solana/kit';

import { PROGRAMS } from '../programs.ts';
import { RESOURCE_STATUS, ROLE, SAMPLE_RING, SETTINGS_STATUS } from '../schema/index.ts';
import { quotaOf, u64 } from './arithmetic.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import { sameBytes } from './merkle.ts';
import { isQuorum, openQuorum, openVoter } from './node-rules.ts';
import { checkSame, worth } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import { sha256 } from './sha256.ts';
import { openStake } from './stake-rules.ts';
import type { Draft } from './state.ts';
import { hourAt, weekAt } from './time.ts';

/** "None" in an account that holds an address. */
const NO_ACCOUNT: Address = PROGRAMS.system;
const MAX_SETTINGS = 8_192;
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
    context.create('resource', context.at('resource'), {
      ...args,
      previousBound: args.unattestedBound,
      publisher: context.at('publisher'),
      pool: context.at('pool'),
      stake: context.at('stake'),
    });
  },

  attachRing(context) {
    const resource = openOwn(context);
    const at = context.at('ring');
    const blank = context.blank(at);
    const existing = context.find('ring', at);
    if (existing === null && blank === null) fail('WrongOwner');
    if (blank !== null && blank.size !== RING_BYTES) fail('WrongTag');
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
    if (resource.status !== RESOURCE_STATUS.draft) return;
    if (resource.ring === NO_ACCOUNT) fail('WrongStatus');
    resource.status = RESOURCE_STATUS.pending;
  },

  updateResource(context, args) {
    const { config, pool, stake } = openStake(context, 'publisher');
    const resource = openOwn(context);
    checkSame(resource.stake, context.at('stake'));
    if (isGone(resource)) fail('WrongStatus');
    if (args.lp === 0n) fail('ZeroAmount');
    if (args.lp > resource.lp) {
      if (args.lp - resource.lp > stake.lp - stake.allocated) fail('InsufficientStake');
    } else if (args.lp < resource.lp) {
      if (resource.due > 0n || resource.debt > 0n) fail('DebtOpen');
      const settled = hourAt(config, context.now) > resource.removedHour + 2n * BigInt(config.finalHours);
      if (resource.status !== RESOURCE_STATUS.paused || !settled) fail('StakeInUse');
    }
    stake.allocated = u64(stake.allocated + args.lp - resource.lp);
    resource.lp = args.lp;
    if (args.unattestedBound !== resource.unattestedBound) {
      const hour = hourAt(config, context.now);
      if (resource.boundFrom > 0n && hour <= resource.boundFrom + BigInt(config.finalHours) + 2n)
        fail('TooEarly');
      resource.previousBound = resource.unattestedBound;
      resource.boundFrom = hour + 1n;
      resource.unattestedBound = args.unattestedBound;
    }
    if (resource.status === RESOURCE_STATUS.active)
      resource.quotaKbps = refreshedQuota(resource, pool, config, context.now);
  },

  pauseResource(context, args) {
    const config = context.open('config', context.at('config'));
    const resource = openOwn(context);
    const { active, exhausted, pending, paused } = RESOURCE_STATUS;
    if (args.paused === 1) {
      if (![active, exhausted, pending].some((status) => status === resource.status)) fail('WrongStatus');
      resource.status = paused;
      resource.removedHour = hourAt(config, context.now);
    } else if (args.paused === 0) {
      if (resource.status !== paused) fail('WrongStatus');
      resource.status = pending;
      resource.authWeek = 0n;
      resource.authCount = 0;
    } else fail('InvalidParameter');
  },

  removeResource(context) {
    const config = context.open('config', context.at('config'));
    const resource = openOwn(context);
    if (isGone(resource)) fail('WrongStatus');
    resource.status = RESOURCE_STATUS.removed;
    resource.removedHour = hourAt(config, context.now);
  },

  releaseResource(context) {
    const config = context.open('config', context.at('config'));
    const stake = context.open('stake', context.at('stake'));
    const resource = openOwn(context);
    checkSame(resource.stake, context.at('stake'));
    if (resource.ring !== NO_ACCOUNT) checkSame(resource.ring, context.at('ring'));
    checkSame(resource.settings, context.at('settings'));
    if (resource.status !== RESOURCE_STATUS.removed) fail('WrongStatus');
    if (hourAt(config, context.now) <= resource.removedHour + 2n * BigInt(config.finalHours))
      fail('TooEarly');
    if (resource.due > 0n) fail('ChargeFirst');
    if (resource.debt > 0n && resource.lp > 0n) fail('DebtOpen');
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
    if (resource.authWeek !== args.week) {
      resource.authWeek = args.week;
      resource.authCount = 0;
    }
    if (resource.authVotes.slice(0, resource.authCount).includes(guard.no)) fail('AlreadyVoted');
    resource.authVotes = resource.authVotes.with(resource.authCount, guard.no);
    resource.authCount += 1;
    if (!isQuorum(resource.authCount, set.count)) return;
    if (worth(pool, config, context.now, resource.lp) === 0n) fail('InsufficientStake');
    resource.status = RESOURCE_STATUS.active;
    resource.quotaKbps = refreshedQuota(resource, pool, config, context.now);
  },

  refreshQuota(context) {
    const config = context.open('config', context.at('config'));
    const resource = context.open('resource', context.at('resource'));
    const pool = checkPool(resource, context);
    const { active, draft, exhausted } = RESOURCE_STATUS;
    const owes = resource.debt > 0n && resource.lp > 0n && resource.status !== draft;
    if (resource.status !== active && resource.status !== exhausted && !owes) fail('WrongStatus');
    const clear = resource.due === 0n && resource.debt === 0n;
    if (resource.debt > 0n && resource.lp > 0n) {
      if (resource.due === 0n) resource.dueWeek = weekAt(config, context.now);
      resource.due = u64(resource.due + resource.debt);
      resource.debt = 0n;
    }
    if (resource.status !== active && resource.status !== exhausted) return;
    resource.quotaKbps = refreshedQuota(resource, pool, config, context.now);
    const solvent = clear && worth(pool, config, context.now, resource.lp) > 0n;
    if (resource.status === exhausted && solvent) resource.status = active;
  },
};
