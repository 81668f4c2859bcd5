import { addressOf, proofText } from '@media-network/protocol';
import { createManualClock } from '@media-network/runtime/testing';
import { address } from '@solana/kit';
import { describe, expect, it } from 'vitest';
import type { ResourceStatus } from '../chain/edge-chain.ts';
import { readOriginSettings } from '../origin/origin-settings.ts';
import { createOwnNames } from './own-names.ts';
import type { OwnNamesOptions } from './own-names.ts';
import { createQuota } from './quota.ts';
import { createShare } from './share.ts';
import type { Tenant } from './tenant-book.ts';
import type { TxtAnswer } from './txt-lookup.ts';

const NAME = 'shop.example';
const addressAt = (no: number): string => addressOf(new Uint8Array(32).fill(no));

/** Resources whose settings list names, and what DNS says. */
function setup(options: Partial<OwnNamesOptions> = {}) {
  const clock = createManualClock();
  const tenants = new Map<string, Tenant>();
  const unreadable = new Set<Tenant>();
  const dns = new Map<string, TxtAnswer>();
  const asked: string[] = [];
  const names = createOwnNames(
    {
      book: { byKey: (key) => tenants.get(key), tenants: () => [...tenants.values()] },
      settings: {
        async newestOf(tenant) {
          const held = tenant.settings;
          return held === undefined || unreadable.has(tenant)
            ? { kind: 'missing', code: 'edge/no-settings', why: 'no guard answers' }
            : { kind: 'ok', version: held.version, settings: held.plain };
        },
      },
      txt: {
        async records(name) {
          asked.push(name);
          return dns.get(name) ?? { kind: 'none' };
        },
        close: () => undefined,
      },
      clock,
    },
    { zone: 'medianet.localhost', local: true, ...options },
  );
  return {
    clock,
    dns,
    asked,
    unreadable,
    names,
    add: (no: number, domains: readonly string[], status: ResourceStatus = 'active'): Tenant => {
      const key = no.toString(16).padStart(2, '0').repeat(32);
      const plain = readOriginSettings({
        origin: 'http://127.0.0.1:1',
        originHost: null,
        originHeaders: [],
        probe: ['/'],
        domains,
      });
      const tenant: Tenant = {
        key,
        label: `label-${no}`,
        host: `label-${no}.medianet.localhost`,
        quota: createQuota(1_000, 0),
        share: createShare({ sampleAt: () => 0, startMs: () => 0, served: () => 0, onWanted: () => {} }),
        view: {
          address: address(addressAt(no)),
          key,
          publisher: address(addressAt(0)),
          status,
          spans: [],
          terms: [],
          termsCount: 0,
          quotaKbps: 1_000,
          settingsVersion: 1,
        },
        settings: { version: 1, plain },
      };
      tenants.set(key, tenant);
      return tenant;
    },
    remove: (tenant: Tenant) => tenants.delete(tenant.key),
    relist: (tenant: Tenant, domains: readonly string[]): void => {
      const { settings } = tenant;
      if (settings !== undefined)
        tenant.settings = { version: settings.version + 1, plain: { ...settings.plain, domains } };
    },
    records: (...resources: readonly string[]): void => {
      dns.set(`_medianet.${NAME}`, { kind: 'records', records: resources });
    },
    why: async (host: string): Promise<string> => {
      const found = await names.find(host);
      return found.kind === 'served' ? found.tenant.label : found.reason;
    },
  };
}

const MINUTE = 60_000;

describe('a name with DNS', () => {
  it('is served when its record and the settings of the resource agree', async () => {
    const { add, records, why, names, asked } = setup();
    const mine = add(1, ['Shop.Example.', 'www.shop.example']);
    records('v=spf1 -all', proofText(addressAt(1)));
    expect(await why(NAME)).toBe(mine.label);
    expect(names.peek(NAME)).toBe(mine);
    expect(asked).toEqual([`_medianet.${NAME}`]);
  });

  it('is found once the refusal is over, and then known at once', async () => {
    const { add, records, why, names, clock, asked } = setup();
    expect(await why(NAME)).toBe('no-record');
    const mine = add(1, [NAME]);
    records(proofText(addressAt(1)));
    clock.advance(5_001);
    expect(await why(NAME)).toBe(mine.label);
    expect(names.peek(NAME)).toBe(mine);
    expect(asked).toHaveLength(2);
    // Each name is proven by itself.
    expect(await why('www.shop.example')).toBe('no-record');
  });

  it.each([
    ['a resource that is not on chain', proofText(addressAt(9)), 'no-resource'],
    ['no address', proofText('shop'), 'no-resource'],
    ['nothing', proofText(''), 'no-resource'],
    ['a resource that does not list it', proofText(addressAt(2)), 'not-listed'],
    ['a resource in other words', `medianet=${addressAt(1)}`, 'no-record'],
  ])('is not served when its record names %s', async (_, record, reason) => {
    const { add, records, why } = setup();
    add(1, [NAME]);
    add(2, ['other.example']);
    records(record);
    expect(await why(NAME)).toBe(reason);
  });

  it('goes to the one of several in its records that lists it, and to none where two do', async () => {
    const { add, records, why, clock, relist } = setup();
    const [one, two] = [add(1, [NAME]), add(2, [])];
    records(proofText(addressAt(1)), proofText(addressAt(2)));
    expect(await why(NAME)).toBe(one.label);
    relist(two, [NAME]);
    clock.advance(61 * MINUTE);
    expect(await why(NAME)).toBe('contested');
    relist(one, []);
    clock.advance(6_000);
    expect(await why(NAME)).toBe(two.label);
  });

  it('is nobody’s the moment that the resource goes or no longer lists it', async () => {
    const { add, records, why, names, relist, remove } = setup();
    const mine = add(1, [NAME]);
    records(proofText(addressAt(1)));
    await why(NAME);
    relist(mine, ['other.example']);
    expect(names.peek(NAME)).toBeUndefined();
    expect(await why(NAME)).toBe('not-listed');
    relist(mine, [NAME]);
    remove(mine);
    expect(names.peek(NAME)).toBeUndefined();
  });

  it('is looked at again while it is served, and lost when its record is', async () => {
    const { add, records, dns, why, names, clock, asked } = setup();
    const mine = add(1, [NAME]);
    records(proofText(addressAt(1)));
    await why(NAME);
    clock.advance(4 * MINUTE);
    expect(names.peek(NAME)).toBe(mine);
    expect(asked).toHaveLength(1);
    dns.clear();
    clock.advance(2 * MINUTE);
    // Nobody waits for the look.
    expect(names.peek(NAME)).toBe(mine);
    expect(asked).toHaveLength(2);
    await expect.poll(() => names.peek(NAME)).toBeUndefined();
    expect(await why(NAME)).toBe('no-record');
  });

  it('is looked at before it is served again after a long rest', async () => {
    const { add, records, dns, why, names, clock } = setup();
    add(1, [NAME]);
    records(proofText(addressAt(1)));
    await why(NAME);
    dns.clear();
    clock.advance(61 * MINUTE);
    expect(names.peek(NAME)).toBeUndefined();
    expect(await why(NAME)).toBe('no-record');
  });

  it('is served on while DNS does not answer, for a day', async () => {
    const { add, records, dns, why, names, clock, asked } = setup();
    const mine = add(1, [NAME]);
    records(proofText(addressAt(1)));
    await why(NAME);
    dns.set(`_medianet.${NAME}`, { kind: 'failed', why: 'ESERVFAIL' });
    clock.advance(61 * MINUTE);
    expect(await why(NAME)).toBe(mine.label);
    const before = asked.length;
    expect(names.peek(NAME)).toBe(mine);
    expect(asked).toHaveLength(before);
    clock.advance(MINUTE);
    expect(names.peek(NAME)).toBe(mine);
    expect(asked).toHaveLength(before + 1);
    clock.advance(24 * 60 * MINUTE);
    expect(await why(NAME)).toBe('dns-failed');
    expect(names.peek(NAME)).toBeUndefined();
  });

  it('is not guessed at where settings cannot be read', async () => {
    const { add, records, why, unreadable } = setup();
    unreadable.add(add(1, [NAME]));
    records(proofText(addressAt(1)));
    expect(await why(NAME)).toBe('no-settings');
  });

  it.each([
    ['medianet.localhost', 'of-the-zone'],
    ['label-1.medianet.localhost', 'of-the-zone'],
    ['x.y.medianet.localhost', 'of-the-zone'],
    ['127.0.0.1', 'not-a-name'],
    ['[::1]', 'not-a-name'],
    ['localhost', 'not-a-name'],
    ['example', 'not-a-name'],
    ['Shop.Example', 'not-a-name'],
    ['sh_op.example', 'not-a-name'],
  ])('is not %s (%s), whatever settings list, and nobody is asked', async (host, reason) => {
    const { add, asked, why } = setup();
    add(1, [host]);
    expect(await why(host)).toBe(reason);
    expect(asked).toEqual([]);
  });

  it('cannot be crowded out by names that strangers make up', async () => {
    const { add, records, why, names, clock, asked } = setup();
    const mine = add(1, [NAME]);
    records(proofText(addressAt(1)));
    await why(NAME);
    for (let i = 0; i < 20_000; i += 1) await names.find(`x${i}.evil${i}.example`);
    // What is asked of DNS stays small beside it.
    expect(asked.length).toBeLessThan(500);
    expect(names.peek(NAME)).toBe(mine);
    clock.advance(6 * MINUTE);
    for (let i = 0; i < 100; i += 1) await names.find(`y${i}.evil.test`);
    clock.advance(60 * MINUTE);
    for (let i = 0; i < 300; i += 1) void names.find(`z${i}.evil${i}.test`);
    expect(await why(NAME)).toBe(mine.label);
  });

  it('asks once for all who wait', async () => {
    const { add, records, names, asked } = setup();
    add(1, [NAME]);
    records(proofText(addressAt(1)));
    await Promise.all(Array.from({ length: 50 }, () => names.find(NAME)));
    expect(asked).toHaveLength(1);
  });
});

describe('a name ending in .localhost', () => {
  it('goes to the only resource that lists it, without any proof', async () => {
    const { add, why, names, clock, asked } = setup();
    const mine = add(1, ['my-site.localhost']);
    add(2, ['other.localhost']);
    expect(await why('my-site.localhost')).toBe(mine.label);
    expect(names.peek('my-site.localhost')).toBe(mine);
    expect(await why('nobody.localhost')).toBe('not-listed');
    add(3, ['my-site.localhost']);
    clock.advance(2_001);
    names.peek('my-site.localhost');
    await expect.poll(() => names.peek('my-site.localhost')).toBeUndefined();
    expect(await why('my-site.localhost')).toBe('contested');
    expect(asked).toEqual([]);
  });

  it('is kept from nobody by a resource that guards have not said yes to', async () => {
    const { add, why } = setup();
    const mine = add(1, ['my-site.localhost']);
    add(2, ['my-site.localhost'], 'pending');
    add(3, ['my-site.localhost'], 'removed');
    expect(await why('my-site.localhost')).toBe(mine.label);
  });

  it('is no host of an edge of a cluster', async () => {
    const { add, why } = setup({ local: false });
    add(1, ['my-site.localhost']);
    expect(await why('my-site.localhost')).toBe('local-off');
  });
});
