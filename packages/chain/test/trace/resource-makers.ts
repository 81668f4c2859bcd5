import { sha256 } from '../../src/model/sha256.ts';
import { RESOURCE_STATUS } from '../../src/schema/index.ts';
import { allOf } from './invariants.ts';
import { CONTENT, choice } from './scene.ts';
import type { Maker, Scene } from './scene.ts';

const MEDIA = 1_000_000_000n;

export function resourceMakers(scene: Scene): readonly Maker[] {
  const { pick, maybe, int, chance, amount, state, cast, hourNow, weekOf, ownGuard, resourceOf } = scene;
  return [
    [
      1.5,
      () =>
        choice('registerResource', {
          publisher: pick(cast.owners),
          pool: pick(cast.pools),
          id: BigInt(int(3)),
          lp: amount(5n * MEDIA),
          allowance: amount(10n ** 9n),
          vouchKey: new Uint8Array(32).fill(int(4)),
        }),
    ],
    [
      2,
      () => {
        const found = resourceOf([RESOURCE_STATUS.draft, RESOURCE_STATUS.pending]);
        if (found === undefined) return undefined;
        const { publisher } = found.value;
        const own = [...cast.rings].filter(([, blank]) => blank.publisher === publisher || chance(0.05));
        const [ring, blank] = maybe(own) ?? [found.value.ring, undefined];
        const tail = chance(0.97) ? (blank?.seed ?? CONTENT.slice(0, 4)) : CONTENT.slice(0, 20 + int(20));
        return choice('attachRing', { publisher, resource: found.address, ring, tail });
      },
    ],
    [
      2,
      () => {
        const found = resourceOf();
        if (found === undefined) return undefined;
        return choice('openSettings', {
          publisher: found.value.publisher,
          resource: found.address,
          settingsVersion: found.value.settingsVersion + (chance(0.95) ? 1 : int(3)),
          capacity: chance(0.97) ? 1 + int(64) : pick([0, 8_193]),
        });
      },
    ],
    [
      3,
      () => {
        const open = maybe(
          allOf(state, 'settings').filter(({ value }) => value.status === 0 || chance(0.05)),
        );
        const found =
          open === undefined
            ? undefined
            : allOf(state, 'resource').find(({ address }) => address === open.value.resource);
        if (open === undefined || found === undefined) return undefined;
        const offset = chance(0.7) ? 0 : int(64);
        return choice('writeSettings', {
          publisher: found.value.publisher,
          resource: found.address,
          settingsVersion: open.value.settingsVersion,
          offset,
          tail: CONTENT.subarray(offset, offset + int(Math.max(1, 66 - offset))),
        });
      },
    ],
    [
      3,
      () => {
        const open = maybe(
          allOf(state, 'settings').filter(({ value }) => value.status === 0 || chance(0.05)),
        );
        const found =
          open === undefined
            ? undefined
            : allOf(state, 'resource').find(({ address }) => address === open.value.resource);
        if (open === undefined || found === undefined) return undefined;
        const length = chance(0.9) ? 1 + int(open.value.tail.length) : int(80);
        const hash = sha256(chance(0.9) ? open.value.tail.subarray(0, length) : CONTENT);
        return choice('sealSettings', {
          publisher: found.value.publisher,
          resource: found.address,
          settingsVersion: open.value.settingsVersion,
          previous: found.value.settings,
          length,
          sha256: hash,
        });
      },
    ],
    [
      1.5,
      () => {
        const found = resourceOf();
        if (found === undefined) return undefined;
        const terms = found.value.terms[found.value.termsCount - 1];
        return choice('updateResource', {
          publisher: found.value.publisher,
          resource: found.address,
          pool: found.value.pool,
          lp: chance(0.3) ? pick([0n, found.value.lp]) : amount(6n * MEDIA),
          ...(chance(0.6) && terms !== undefined
            ? { allowance: terms.allowance, vouchKey: terms.vouchKey }
            : { allowance: amount(10n ** 9n), vouchKey: new Uint8Array(32).fill(int(4)) }),
        });
      },
    ],
    [
      0.8,
      () => {
        const found = resourceOf();
        return found === undefined
          ? undefined
          : choice('pauseResource', {
              publisher: found.value.publisher,
              resource: found.address,
              paused: chance(0.97) ? (found.value.status === RESOURCE_STATUS.paused ? 0 : 1) : 2,
            });
      },
    ],
    [
      0.12,
      () => {
        const found = resourceOf();
        return found === undefined
          ? undefined
          : choice('removeResource', { publisher: found.value.publisher, resource: found.address });
      },
    ],
    [
      1.2,
      () => {
        const found = resourceOf(chance(0.8) ? [RESOURCE_STATUS.removed] : undefined);
        if (found === undefined) return undefined;
        return choice('releaseResource', {
          publisher: found.value.publisher,
          resource: found.address,
          pool: found.value.pool,
          stake: found.value.stake,
          ring: found.value.ring,
          settings: found.value.settings,
          settingsVersion: found.value.settingsVersion,
        });
      },
    ],
    [
      6,
      () => {
        const found = resourceOf(chance(0.9) ? [RESOURCE_STATUS.pending] : undefined);
        const guard = ownGuard();
        if (found === undefined || guard === undefined) return undefined;
        return choice('authorise', {
          operator: guard.operator,
          guard: guard.guard,
          week: weekOf(hourNow()),
          settingsVersion: Math.max(0, found.value.settingsVersion - (chance(0.97) ? 0 : 1)),
          pool: found.value.pool,
          resource: found.address,
        });
      },
    ],
    [
      2,
      () => {
        const found = resourceOf();
        return found === undefined
          ? undefined
          : choice('refreshQuota', { pool: found.value.pool, resource: found.address });
      },
    ],
  ];
}
