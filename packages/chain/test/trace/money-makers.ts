import { allOf } from './invariants.ts';
import { choice } from './scene.ts';
import type { Maker, Scene } from './scene.ts';

const MEDIA = 1_000_000_000n;

export function moneyMakers(scene: Scene): readonly Maker[] {
  const { pick, maybe, int, chance, amount, state, cast, config, hourNow, weekOf, ownGuard, poolOf, node } =
    scene;
  return [
    [
      2,
      () =>
        choice('addLiquidity', {
          owner: pick(cast.owners),
          quoteMint: pick(cast.quotes),
          maxMedia: amount(50n * MEDIA),
          maxQuote: amount(50n * MEDIA),
          minLp: chance(0.9) ? 0n : amount(50n * MEDIA),
        }),
    ],
    [
      2,
      () =>
        choice('removeLiquidity', {
          owner: pick(cast.owners),
          quoteMint: pick(cast.quotes),
          lp: amount(5n * MEDIA),
          minMedia: chance(0.9) ? 0n : amount(5n * MEDIA),
          minQuote: 0n,
        }),
    ],
    [
      6,
      () =>
        choice('swap', {
          owner: pick(cast.owners),
          quoteMint: pick(cast.quotes),
          direction: chance(0.98) ? int(2) : 2,
          amountIn: amount(3n * MEDIA),
          minOut: chance(0.9) ? 0n : amount(3n * MEDIA),
        }),
    ],
    [
      4,
      () =>
        choice('stake', {
          owner: pick(cast.owners),
          pool: pick(cast.pools),
          role: chance(0.98) ? int(3) : 3 + int(3),
          lp: amount(60n * MEDIA),
        }),
    ],
    [
      2,
      () => {
        const stake = maybe(allOf(state, 'stake'));
        if (stake === undefined) return undefined;
        const { owner, pool, flags, lp } = stake.value;
        return choice('beginUnbond', { owner, pool, role: flags, lp: chance(0.3) ? lp : amount(lp / 20n) });
      },
    ],
    [
      2,
      () => {
        const stake = maybe(allOf(state, 'stake').filter(({ value }) => value.unbonding > 0n || chance(0.1)));
        return stake === undefined
          ? undefined
          : choice('withdraw', { owner: stake.value.owner, pool: stake.value.pool, role: stake.value.flags });
      },
    ],
    [
      2,
      () => {
        const owner = pick(cast.owners);
        return choice('registerGuard', {
          owner,
          pool: pick(cast.pools),
          operator: owner,
          sealKey: new Uint8Array(32).fill(int(255)),
          ...node(),
        });
      },
    ],
    [
      2,
      () => {
        const owner = pick(cast.owners);
        return choice('registerEdge', {
          owner,
          pool: pick(cast.pools),
          operator: owner,
          control: 'http://c.example',
          ...node(),
        });
      },
    ],
    [
      0.5,
      () => {
        const owner = pick(cast.owners);
        return choice('updateGuard', {
          owner,
          operator: owner,
          sealKey: new Uint8Array(32).fill(int(255)),
          ...node(),
        });
      },
    ],
    [
      0.5,
      () => {
        const owner = pick(cast.owners);
        const edge = allOf(state, 'edge').find(({ value }) => value.owner === owner);
        const pool = edge === undefined || chance(0.05) ? pick(cast.pools) : poolOf(edge.value.stake);
        return choice('updateEdge', {
          owner,
          pool,
          operator: chance(0.7) ? owner : pick(cast.owners),
          control: 'http://c.example',
          ...node(),
        });
      },
    ],
    [
      0.2,
      () =>
        choice('leaveGuard', {
          owner: pick(cast.owners),
          week: weekOf(hourNow()) + (chance(0.9) ? 1n : 0n),
        }),
    ],
    [0.2, () => choice('leaveEdge', { owner: pick(cast.owners) })],
    [
      5,
      () => {
        const found = ownGuard();
        if (found === undefined) return undefined;
        const week = weekOf(hourNow()) + BigInt(chance(0.95) ? int(2) : 2);
        return choice('joinGuardSet', {
          operator: found.operator,
          guard: found.guard,
          stake: found.value.stake,
          pool: poolOf(found.value.stake),
          week,
        });
      },
    ],
    [
      0.05,
      () =>
        choice('createPool', {
          payer: pick(cast.owners),
          quoteMint: pick(cast.quotes),
          media: amount(50n * MEDIA),
          quote: amount(50n * MEDIA),
        }),
    ],
    [
      0.05,
      () => {
        const founding = { lockSecs: 0, vestSecs: 0, toFund: 0n, tail: new Uint8Array(0) };
        return choice('genesis', { payer: pick(cast.owners), ...config(), ...founding });
      },
    ],
  ];
}
