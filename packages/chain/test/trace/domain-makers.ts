import { ROLE } from '../../src/schema/index.ts';
import { addressOf } from '../../src/program-world/world.ts';
import { allOf } from './invariants.ts';
import { choice } from './scene.ts';
import type { Maker, Scene } from './scene.ts';

/** More than a domain needs at most prices of a trace, and less. */
const ENOUGH = 40_000_000_000n;
const NAMES = ['a.example', 'b.example', 'c.d.example', 'Upper.example', 'one', 'x.1', 'e-.example', ''];

/** Domains of PeerPool: registered, given notice, kept, freed. */
export function domainMakers(scene: Scene): readonly Maker[] {
  const { pick, maybe, int, chance, amount, state, cast } = scene;
  const domains = () => allOf(state, 'domain');
  const stakeOf = () =>
    maybe(allOf(state, 'stake').filter(({ value }) => value.flags === ROLE.peerpool || chance(0.02)));
  const enough = (): bigint =>
    chance(0.9) ? 12_000_000_000n + BigInt(int(30)) * 1_000_000_000n : amount(ENOUGH);
  const owned = (owner: unknown, share: number) =>
    (chance(share) ? cast.owners.find((each) => each === owner) : undefined) ?? pick(cast.owners);
  return [
    [
      1,
      () =>
        choice('stake', {
          owner: pick(cast.owners),
          pool: pick(cast.pools),
          role: ROLE.peerpool,
          lp: enough(),
        }),
    ],
    [
      1.5,
      () => {
        const stake = stakeOf();
        if (stake === undefined) return undefined;
        const name = pick(chance(0.9) ? NAMES.slice(0, 3) : NAMES);
        const { owner, pool } = stake.value;
        const key = addressOf(chance(0.97) ? name : 'another name');
        return choice('registerDomain', { owner, pool, key, lp: enough(), name });
      },
    ],
    [
      0.7,
      () => {
        const found = maybe(domains());
        if (found === undefined) return undefined;
        const { owner, pool } = found.value;
        return choice('noticeDomain', { caller: owned(owner, 0.5), pool, domain: found.address });
      },
    ],
    [
      0.7,
      () => {
        const found = maybe(domains());
        if (found === undefined) return undefined;
        const { owner, pool } = found.value;
        return choice('keepDomain', { owner: owned(owner, 0.95), pool, domain: found.address, lp: enough() });
      },
    ],
    [
      2.5,
      () => {
        const found = maybe(domains().filter(({ value }) => value.noticeAt > 0n || chance(0.05)));
        if (found === undefined) return undefined;
        const { owner, stake } = found.value;
        return choice('freeDomain', { stake, domain: found.address, owner: owned(owner, 0.97) });
      },
    ],
  ];
}
