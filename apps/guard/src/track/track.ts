import { createHash } from 'node:crypto';
import type { Found, MediaClient } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { shippedCountries } from '@media-network/geo';
import { hourAt, operatorIn } from '@media-network/protocol';
import type { Clock } from '@media-network/runtime';
import { createAdmission, createTracker, networkOf, openTrackerDoor } from '@media-network/tracker';
import type { AdmissionDeps, Tracker, TrackerDoor } from '@media-network/tracker';
import { getAddressDecoder } from '@solana/kit';
import { byAddress } from '../network.ts';
import type { Network } from '../network.ts';

export interface TrackDeps {
  readonly client: Pick<MediaClient, 'domain'>;
  readonly network: Pick<Network, 'snapshot' | 'chainNow'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: () => number;
  /** STUN servers that viewers are told of. */
  readonly ice: () => readonly string[];
}

/** How long it is believed what the chain said of a domain, and of how many. */
const BELIEVED_MS = 30_000;
const MAX_DOMAINS = 4_096;
/** Questions to the chain about names that nobody stands for, a second: anybody may make up names. */
const LOOK_UPS_PER_SECOND = 20;

/** Introduces viewers of the network's resources, and of domains that LP stands for, to each other (PeerPool). */
export function createTrack(deps: TrackDeps): { readonly tracker: Tracker; readonly door: TrackerDoor } {
  const countries = shippedCountries();
  const tracker = createTracker({
    admit: createAdmission(chainAdmission(deps)),
    placesOf: (address) => [networkOf(address), countries.countryOf(address) ?? ''],
    ice: deps.ice,
    clock: deps.clock,
    random: deps.random,
  });
  return { tracker, door: openTrackerDoor(tracker) };
}

function chainAdmission({ client, network, clock }: TrackDeps): AdmissionDeps {
  const domains = new Map<string, { readonly untilMs: number; readonly isAllowed: Promise<boolean> }>();
  let lookUps = LOOK_UPS_PER_SECOND;
  let lookedAtMs = clock.nowMs();

  async function stands(name: string): Promise<boolean> {
    const key = getAddressDecoder().decode(createHash('sha256').update(name).digest());
    const found: Found<'domain'> | null = await client.domain(key);
    if (found === null) return false;
    if (found.noticeAt === 0n) return true;
    const [{ config }, now] = await Promise.all([network.snapshot(), network.chainNow()]);
    const { domainEnd } = await import('@media-network/chain/model');
    return now < domainEnd(config, found.noticeAt);
  }

  return {
    async operatorOf(edge) {
      const { edges, config } = await network.snapshot();
      const found = edges.find(({ address }) => address === edge);
      return found?.status === NODE_STATUS.active
        ? operatorIn(found, hourAt(config, await network.chainNow()))
        : undefined;
    },
    async isServed(resource) {
      // As it is now, not as it is billed: edges serve a resource from the moment that it is authorised.
      const found = byAddress(await network.snapshot()).get(resource);
      return found?.status === RESOURCE_STATUS.active || found?.status === RESOURCE_STATUS.exhausted;
    },
    isAllowed(domain) {
      const now = clock.nowMs();
      const known = domains.get(domain);
      if (known !== undefined && known.untilMs > now) return known.isAllowed;
      lookUps = Math.min(LOOK_UPS_PER_SECOND, lookUps + ((now - lookedAtMs) / 1_000) * LOOK_UPS_PER_SECOND);
      lookedAtMs = now;
      if (lookUps < 1) return Promise.reject(new Error('too many names'));
      lookUps -= 1;
      const isAllowed = stands(domain);
      domains.set(domain, { untilMs: now + BELIEVED_MS, isAllowed });
      isAllowed.catch(() => domains.delete(domain));
      for (const oldest of domains.keys()) {
        if (domains.size <= MAX_DOMAINS) break;
        domains.delete(oldest);
      }
      return isAllowed;
    },
    now: () => network.chainNow(),
  };
}
