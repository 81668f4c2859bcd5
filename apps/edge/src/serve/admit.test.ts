import { address } from '@solana/kit';
import { describe, expect, it } from 'vitest';
import { createQuota } from '../tenant/quota.ts';
import { createShare } from '../tenant/share.ts';
import type { ResourceStatus } from '../chain/edge-chain.ts';
import type { Moment } from '../chain/moments.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import { NONE_DENIED } from '../tenant/denials.ts';
import { MAX_UNACKNOWLEDGED, isLoop, quickRefusal } from './admit.ts';

const tenant: Tenant = {
  key: '00',
  label: 'l',
  host: 'l.zone',
  quota: createQuota(1_000, 0),
  share: createShare({ sampleAt: () => 0, startMs: () => Infinity, served: () => 0, onWanted: () => {} }),
  view: {
    address: address('11111111111111111111111111111111'),
    key: '00',
    publisher: address('11111111111111111111111111111111'),
    status: 'active',
    spans: [{ from: 5n, until: 7n }],
    terms: [],
    termsCount: 0,
    quotaKbps: 1_000,
    settingsVersion: 1,
  },
  settings: undefined,
};

const inHour = (hour: number): Moment => ({ nowMs: 0, chainMs: 0, sample: hour * 12, hour });

const refusal = (state: 'ok' | 'full', unacknowledgedBytes: number): string | undefined =>
  quickRefusal(
    tenant,
    {
      journal: { state, unacknowledgedBytes },
      credit: { waitSeconds: () => 0 },
      caps: { refusal: () => undefined, mustWait: () => false },
      denials: NONE_DENIED,
    },
    inHour(5),
  )?.code;

function statusAt(status: ResourceStatus, hour: number): string | undefined {
  return quickRefusal(
    { ...tenant, view: { ...tenant.view, status } },
    {
      journal: { state: 'ok', unacknowledgedBytes: 0 },
      credit: { waitSeconds: () => 0 },
      caps: { refusal: () => undefined, mustWait: () => false },
      denials: NONE_DENIED,
    },
    inHour(hour),
  )?.code;
}
const via = (hops: number): string => Array.from({ length: hops }, () => '1.1 medianet').join(', ');

describe('a journal that cannot be written', () => {
  it('lets so much be served and then nothing', () => {
    expect(refusal('full', 0)).toBeUndefined();
    expect(refusal('full', MAX_UNACKNOWLEDGED)).toBeUndefined();
    expect(refusal('full', MAX_UNACKNOWLEDGED + 1)).toBe('edge/journal-full');
  });

  it('is not one that is merely behind a fast line', () => {
    expect(refusal('ok', 4 * MAX_UNACKNOWLEDGED)).toBeUndefined();
  });
});

it('lets a request pass three edges, and no more', () => {
  expect(isLoop(undefined)).toBe(false);
  expect(isLoop(`1.0 other, ${via(3)}`)).toBe(false);
  expect(isLoop(via(4))).toBe(true);
});

describe('the status of a resource', () => {
  it('holds from the next hour on: what is paused is served until its span is over', () => {
    expect(statusAt('paused', 6)).toBeUndefined();
    expect(statusAt('paused', 7)).toBe('edge/paused');
    expect(statusAt('exhausted', 6)).toBeUndefined();
    expect(statusAt('exhausted', 7)).toBe('edge/exhausted');
    expect(statusAt('pending', 4)).toBe('edge/not-authorised');
  });

  it('ends at once where it is taken off the network, in mid-hour', () => {
    expect(statusAt('removed', 6)).toBe('edge/removed');
    expect(statusAt('released', 6)).toBe('edge/removed');
  });

  it('lets in what is authorised, though its first hour is the next', () => {
    expect(statusAt('active', 4)).toBeUndefined();
  });
});

it('says for how long a resource has no credit', () => {
  const refused = quickRefusal(
    tenant,
    {
      journal: { state: 'ok', unacknowledgedBytes: 0 },
      credit: { waitSeconds: () => 77 },
      caps: { refusal: () => undefined, mustWait: () => false },
      denials: NONE_DENIED,
    },
    inHour(5),
  );
  expect(refused).toMatchObject({ code: 'edge/no-credit', retryAfterSeconds: 77 });
});
