import { LEAF_DAYS, covers, factsOf } from '@media-network/certificates';
import type { CertificatePair, LocalAuthority } from '@media-network/certificates';
import { isLocalName } from '@media-network/protocol';
import type { Clock } from '@media-network/runtime';
import type { OwnNames } from '../tenant/own-names.ts';

/** Certificates by the local authority: of this machine and the zone, and of own names ending in `.localhost`. */
export interface LocalLeaves {
  /** Of the zone, everything directly below it, `localhost` and loopback addresses. */
  readonly common: CertificatePair;
  find(name: string): Promise<CertificatePair | undefined>;
  pairs(): readonly CertificatePair[];
  /** Makes anew what has used up half of its life; names of what was. */
  renew(): readonly string[];
}

export interface LocalLeavesDeps {
  readonly authority: Pick<LocalAuthority, 'issue'>;
  readonly ownNames: Pick<OwnNames, 'find'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

const LIFE_MS = LEAF_DAYS * 86_400_000;
/** The names are those of resources, of which there are fewer; a bound for all that. */
const MAX_LEAVES = 1_000;

interface Leaf {
  readonly pair: CertificatePair;
  readonly madeAtMs: number;
}

/** They are made in a moment and never written down: with the process their keys are gone. */
export function createLocalLeaves(
  { authority, ownNames, clock }: LocalLeavesDeps,
  { zone }: { readonly zone: string },
): LocalLeaves {
  const make = (names: readonly string[]): Leaf => ({
    pair: authority.issue(names),
    madeAtMs: clock.nowMs(),
  });
  const inZone = isLocalName(zone) ? [zone, `*.${zone}`] : [];
  const commonNames = [...inZone, 'localhost', '127.0.0.1', '::1'];
  let common = make(commonNames);
  const own = new Map<string, Leaf>();
  const isOld = ({ madeAtMs }: Leaf): boolean => clock.nowMs() - madeAtMs > LIFE_MS / 2;

  return {
    get common() {
      return common.pair;
    },
    pairs: () => [common, ...own.values()].map(({ pair }) => pair),
    async find(name) {
      // Beside the operator's own certificate the common one is not the one for all.
      if (covers(commonNames, name)) return common.pair;
      if (!isLocalName(name)) return undefined;
      const had = own.get(name);
      if (had !== undefined && !isOld(had)) return had.pair;
      const found = await ownNames.find(name);
      if (found.kind !== 'served') return undefined;
      const leaf = make([name]);
      own.set(name, leaf);
      for (const oldest of own.keys()) {
        if (own.size <= MAX_LEAVES) break;
        own.delete(oldest);
      }
      return leaf.pair;
    },
    renew() {
      const renewed: string[] = [];
      if (isOld(common)) {
        common = make(commonNames);
        renewed.push(...factsOf(common.pair.cert).names);
      }
      // Made when they are asked for.
      for (const [name, leaf] of own)
        if (isOld(leaf)) {
          own.delete(name);
          renewed.push(name);
        }
      return renewed;
    },
  };
}
