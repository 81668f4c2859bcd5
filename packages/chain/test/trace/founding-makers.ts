import { allOf } from './invariants.ts';
import { choice } from './scene.ts';
import type { Maker, Scene } from './scene.ts';

/** Founding allocations: released, handed on. */
export function foundingMakers(scene: Scene): readonly Maker[] {
  const { pick, maybe, int, chance, state, cast, config } = scene;
  const founding = () => allOf(state, 'founding')[0]?.value;
  return [
    [
      1,
      () => {
        const found = founding();
        if (found === undefined) return undefined;
        const index = chance(0.97) ? int(found.count) : found.count + int(8);
        const beneficiary = found.allocations[index]?.beneficiary;
        const isFund = beneficiary === allOf(state, 'config')[0]?.address;
        const own = [...state.tokens].find(
          ([, token]) => token.owner === beneficiary && token.mint === config().mediaMint,
        );
        const beneficiaryMedia = isFund ? config().fund : own?.[0];
        return beneficiaryMedia === undefined ? undefined : choice('release', { index, beneficiaryMedia });
      },
    ],
    [
      0.3,
      () => {
        const found = founding();
        if (found === undefined) return undefined;
        const index = int(found.count);
        const holder = found.allocations[index]?.beneficiary;
        const beneficiary = chance(0.9) ? cast.owners.find((each) => each === holder) : maybe(cast.owners);
        if (beneficiary === undefined) return undefined;
        return choice('changeBeneficiary', { beneficiary, index, successor: pick(cast.owners) });
      },
    ],
  ];
}
