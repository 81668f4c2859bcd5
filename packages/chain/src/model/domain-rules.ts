import { getAddressEncoder } from '@solana/kit';

import { DOMAIN_STAKE, ROLE } from '../schema/index.ts';
import { u64 } from './arithmetic.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import { sameBytes } from './merkle.ts';
import { checkSame, checkSpot, worth, worthForRights } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import { sha256 } from './sha256.ts';
import { openStake } from './stake-rules.ts';
import type { Draft } from './state.ts';

const addressBytes = getAddressEncoder();
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** Two labels or more, the last of which browsers take for no number. */
const HOST_NAME = new RegExp(String.raw`^(?:${LABEL}\.)+(?!(?:\d+|0x[0-9a-f]*)$)${LABEL}$`);

/** Worth in MEDIA base units of the LP that a domain needs. */
export function domainStakeOf(config: Pick<Draft<'config'>, 'domainStake'>): bigint {
  return config.domainStake === 0n ? DOMAIN_STAKE : config.domainStake;
}

/** Unix seconds from which a domain under notice can be freed. */
export function domainEnd(
  config: Pick<Draft<'config'>, 'domainNoticeHours' | 'hoursPerWeek' | 'sampleSecs'>,
  noticeAt: bigint,
): bigint {
  const hours = config.domainNoticeHours === 0 ? config.hoursPerWeek : config.domainNoticeHours;
  return noticeAt + BigInt(hours) * 12n * BigInt(config.sampleSecs);
}

/** The host name in lower case that a domain is registered by. */
export function isHostName(name: string): boolean {
  return name.length <= 126 && HOST_NAME.test(name);
}

function openDomain(context: Context): Draft<'domain'> {
  return context.open('domain', context.at('domain'));
}

/** Domains of a standalone PeerPool (docs/chain.md, Domains; whitepaper §3.5). */
export const domainRules: Pick<Rules, 'registerDomain' | 'noticeDomain' | 'keepDomain' | 'freeDomain'> = {
  registerDomain(context, { key, lp, name }) {
    const { config, pool, stake } = openStake(context, 'owner');
    if (stake.flags !== ROLE.peerpool) fail('WrongRole');
    const hash = sha256(new TextEncoder().encode(name));
    if (!isHostName(name) || !sameBytes(hash, new Uint8Array(addressBytes.encode(key))))
      fail('InvalidDomain');
    if (context.find('domain', context.at('domain')) !== null) fail('AlreadyExists');
    if (worthForRights(pool, config, context.now, lp) < domainStakeOf(config)) fail('InsufficientStake');
    if (lp > stake.lp - stake.allocated) fail('InsufficientStake');
    stake.allocated = u64(stake.allocated + lp);
    context.create('domain', context.at('domain'), {
      key,
      owner: context.at('owner'),
      pool: context.at('pool'),
      stake: context.at('stake'),
      lp,
      registeredAt: context.now,
      name,
    });
  },

  noticeDomain(context) {
    const config = context.open('config', context.at('config'));
    const pool = context.open('pool', context.at('pool'));
    const domain = openDomain(context);
    checkSame(domain.pool, context.at('pool'));
    if (domain.noticeAt !== 0n) fail('WrongStatus');
    if (context.at('caller') !== domain.owner) {
      checkSpot(pool, config, context.now);
      if (worth(pool, config, context.now, domain.lp) >= domainStakeOf(config)) fail('StakeSuffices');
    }
    domain.noticeAt = context.now;
  },

  keepDomain(context, { lp }) {
    const { config, pool, stake } = openStake(context, 'owner');
    const domain = openDomain(context);
    checkSame(domain.owner, context.at('owner'));
    checkSame(domain.stake, context.at('stake'));
    if (worthForRights(pool, config, context.now, lp) < domainStakeOf(config)) fail('InsufficientStake');
    if (lp > domain.lp && lp - domain.lp > stake.lp - stake.allocated) fail('InsufficientStake');
    stake.allocated = u64(stake.allocated + lp - domain.lp);
    domain.lp = lp;
    domain.noticeAt = 0n;
  },

  freeDomain(context) {
    const config = context.open('config', context.at('config'));
    const stake = context.open('stake', context.at('stake'));
    const domain = openDomain(context);
    checkSame(domain.stake, context.at('stake'));
    checkSame(domain.owner, context.at('owner'));
    if (domain.noticeAt === 0n) fail('WrongStatus');
    if (context.now < domainEnd(config, domain.noticeAt)) fail('TooEarly');
    stake.allocated = u64(stake.allocated - domain.lp);
    context.remove(context.at('domain'));
  },
};
