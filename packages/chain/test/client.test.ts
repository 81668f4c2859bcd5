import { readFileSync } from 'node:fs';

import { createLocalnet } from '@media-network/localnet';
import type { Localnet } from '@media-network/localnet';
import { silentLog, systemClock } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  PROGRAMS,
  createMediaClient,
  createQuoteMint,
  createResourcePlan,
  createWallet,
  deployProgram,
  genesisPlan,
  mintQuote,
  sendPlan,
  settingsPlan,
} from '../src/index.ts';
import type { MediaClient, Signer } from '../src/index.ts';
import { PROGRAM_PATH, STORY_PARAMS } from '../src/program-world/index.ts';
import { RESOURCE_STATUS, ROLE } from '../src/schema/index.ts';

const SOL = 1_000_000_000n;
const MEDIA = 1_000_000_000n;

describe('client on the embedded chain', () => {
  let chain: Localnet;
  let client: MediaClient;
  let owner: Signer;
  let quoteMint: Address;
  let pool: Address;

  beforeAll(async () => {
    chain = await createLocalnet({ clock: systemClock, log: silentLog }, { dir: undefined, slotMs: 50 });
    owner = await createWallet();
    const programKeypair = await createWallet();
    await chain.airdrop(owner.address, 1_000n * SOL);
    client = createMediaClient({
      rpcUrl: chain.rpcUrl,
      wsUrl: chain.wsUrl,
      programId: programKeypair.address,
      clock: systemClock,
      log: silentLog,
    });
    const progress: number[] = [];
    const bytes = new Uint8Array(readFileSync(PROGRAM_PATH));
    await deployProgram({
      client,
      payer: owner,
      programKeypair,
      bytes,
      onProgress: (written) => progress.push(written),
      finalise: true,
    });
    expect(progress.at(-1)).toBe(bytes.length);
    const mint = await createQuoteMint(client, { payer: owner, decimals: 6, authority: owner.address });
    quoteMint = mint.mint;
    await client.send(mint.instructions, { payer: owner });
    await client.send(
      await mintQuote(client.addresses, {
        payer: owner,
        authority: owner,
        mint: quoteMint,
        owner: owner.address,
        amount: 10n ** 15n,
      }),
      { payer: owner },
    );
    const quotes = [quoteMint, PROGRAMS.system, PROGRAMS.system, PROGRAMS.system].map((each) => ({
      mint: each,
      flags: 0,
      pad: 0,
    }));
    const params = { ...STORY_PARAMS, quotes };
    const first = { quoteMint, media: 1_000_000n * MEDIA, quote: 10n ** 12n };
    await sendPlan(client, await genesisPlan(client, { payer: owner, params, pool: first }), {
      payer: owner,
    });
    pool = await client.addresses.pool(quoteMint);
  }, 60_000);

  afterAll(async () => {
    await chain.close();
  });

  it('reads what it has written', async () => {
    const config = await client.config();
    expect(config.mediaMint).toBe(await client.addresses.mediaMint());
    expect(config.quotes[0]).toEqual({ mint: quoteMint, flags: 0, pad: 0 });
    expect((await client.pool(quoteMint))?.reserveMedia).toBe(1_000_000n * MEDIA);
    expect((await client.pools()).map(({ address }) => address)).toEqual([pool]);
    expect(await client.guard(owner.address)).toBeNull();
    expect(await client.tokenBalance(owner.address, quoteMint)).toBe(10n ** 15n - 10n ** 12n);
    const now = await client.chainTime();
    expect(now >= config.epochZero && now < config.epochZero + 600n).toBe(true);
    await expect(client.account('stake', pool)).rejects.toMatchObject({ code: 'chain/wrong-account' });
  });

  it('registers a resource by a plan, and goes on where one broke off', async () => {
    await client.send(
      [await client.instructions.stake({ owner, pool, role: ROLE.publisher, lp: 10_000_000n })],
      { payer: owner },
    );
    const settings = crypto.getRandomValues(new Uint8Array(3_000));
    const input = {
      publisher: owner,
      pool,
      id: 7n,
      lp: 1_000_000n,
      allowance: 1n,
      vouchKey: new Uint8Array(32),
      settings,
    };
    const first = await createResourcePlan(client, input);
    await sendPlan(client, first.steps.slice(0, 3), { payer: owner });
    const second = await createResourcePlan(client, input);
    expect(second.steps.length).toBeLessThan(first.steps.length);
    await sendPlan(client, second.steps, { payer: owner });
    const resource = await client.resource(owner.address, 7n);
    expect(resource).toMatchObject({ status: RESOURCE_STATUS.pending, ring: first.ring, settingsVersion: 1 });
    const sealed = await client.settings(first.resource, 1);
    expect(sealed?.tail.subarray(0, sealed.length)).toEqual(settings);
    expect((await client.ring(first.ring))?.tail).toHaveLength(8_928);
    expect(
      await client.resources({ publisher: owner.address, status: RESOURCE_STATUS.pending }),
    ).toHaveLength(1);
    expect(await client.resources({ status: RESOURCE_STATUS.active })).toEqual([]);

    await sendPlan(
      client,
      await settingsPlan(client, {
        publisher: owner,
        resource: first.resource,
        settings: settings.subarray(5),
      }),
      { payer: owner },
    );
    expect(await client.settings(first.resource, 1)).toBeNull();
    expect((await client.settings(first.resource, 2))?.length).toBe(2_995);
  });

  it('says in words what the program refuses', async () => {
    const swap = (amountIn: bigint, minOut: bigint) =>
      client.instructions.swap({ owner, quoteMint, direction: 0, amountIn, minOut });
    await expect(client.send([await swap(MEDIA, 10n ** 12n)], { payer: owner })).rejects.toMatchObject({
      code: 'chain/slippage',
      message: 'swap: The price moved past your limit. Quote again, or allow more slippage.',
      context: { instruction: 'swap', error: 'Slippage' },
    });
    await expect(client.send([await swap(10n ** 17n, 0n)], { payer: owner })).rejects.toMatchObject({
      code: 'chain/insufficient-tokens',
    });
    // Past the simulation the status tells the same.
    await expect(
      client.send([await swap(MEDIA, 10n ** 12n)], { payer: owner, computeUnitLimit: 50_000 }),
    ).rejects.toMatchObject({ code: 'chain/slippage' });
  });

  it('says who has no lamports', async () => {
    const poor = await createWallet();
    const swap = await client.instructions.swap({
      owner: poor,
      quoteMint,
      direction: 0,
      amountIn: 1n,
      minOut: 0n,
    });
    await expect(client.send([swap], { payer: poor })).rejects.toMatchObject({
      code: 'chain/insufficient-lamports',
    });
  });

  it('lands equal transactions each', async () => {
    const before = (await client.pool(quoteMint))?.reserveMedia ?? 0n;
    const swap = await client.instructions.swap({
      owner,
      quoteMint,
      direction: 0,
      amountIn: MEDIA,
      minOut: 1n,
    });
    const results = await Promise.all(Array.from({ length: 8 }, () => client.send([swap], { payer: owner })));
    expect(new Set(results.map(({ signature }) => signature)).size).toBe(8);
    expect((await client.pool(quoteMint))?.reserveMedia).toBe(before + 8n * MEDIA);
    expect(results[0]?.computeUnits).toBeGreaterThan(1_000);
  });

  it('pays what recent blocks paid, at most the ceiling', async () => {
    const swap = await client.instructions.swap({
      owner,
      quoteMint,
      direction: 1,
      amountIn: 1_000_000n,
      minOut: 1n,
    });
    const priorityFee = { kind: 'recent', percentile: 75, maxMicroLamports: 10n } as const;
    await expect(client.send([swap], { payer: owner, priorityFee })).resolves.toMatchObject({
      slot: expect.any(BigInt),
    });
    await expect(
      client.send([swap], { payer: owner, priorityFee: { kind: 'fixed', microLamports: 5n } }),
    ).resolves.toBeDefined();
  });

  it('wakes those who watch', async () => {
    const woken = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<void>();
    const watch = client.watch(
      'pool',
      (reason) => (reason === 'notified' ? woken.resolve() : ready.resolve()),
      { pollMs: 60_000 },
    );
    await ready.promise;
    await client.send(
      [await client.instructions.swap({ owner, quoteMint, direction: 0, amountIn: MEDIA, minOut: 1n })],
      { payer: owner },
    );
    await woken.promise;
    await watch.close();
  });

  const listings = (): number => chain.stats().calls.get('getProgramAccounts') ?? 0;

  /** A draft of the owner's. */
  async function register(id: bigint): Promise<Address> {
    const draft = { publisher: owner, pool, id, lp: 1n, allowance: 1n, vouchKey: new Uint8Array(32) };
    await client.send([await client.instructions.registerResource(draft)], { payer: owner });
    return client.addresses.resource(owner.address, id);
  }

  it('follows accounts without asking for them again and again', async () => {
    let told = Promise.withResolvers<void>();
    const followed = client.follow('resource', { onChange: () => told.resolve() });
    try {
      await told.promise;
      const first = await followed.all();
      const before = listings();
      for (let round = 0; round < 20; round += 1) expect(await followed.all()).toBe(first);

      told = Promise.withResolvers();
      const eleventh = await register(11n);
      await told.promise;
      const second = await followed.all();
      expect(second.map(({ address }) => address)).toEqual([
        ...first.map(({ address }) => address),
        eleventh,
      ]);
      for (const each of first) expect(second).toContain(each);
      expect(await followed.all()).toBe(second);
      expect((await followed.news()).changed).toHaveLength(second.length);
      expect(await followed.news()).toEqual({ changed: [], gone: [] });

      const twelfth = await register(12n);
      followed.touch([twelfth]);
      expect(await followed.all()).toHaveLength(second.length + 1);
      expect((await followed.news()).changed.map(({ address }) => address)).toEqual([twelfth]);
      expect(listings()).toBe(before);
      expect(await followed.relist()).toHaveLength(second.length + 1);
      expect(listings()).toBe(before + 1);
    } finally {
      await followed.close();
    }
  });

  it('lists what it follows where the node tells nothing', async () => {
    const deaf = createMediaClient({
      rpcUrl: chain.rpcUrl,
      wsUrl: null,
      programId: client.programId,
      clock: systemClock,
      log: silentLog,
    });
    const followed = deaf.follow('resource');
    const before = await followed.all();
    await register(13n);
    expect(await followed.all()).toHaveLength(before.length + 1);
    await followed.close();
  });

  it('refuses to deploy over an account that is there', async () => {
    const options = { client, payer: owner, programKeypair: owner, bytes: new Uint8Array(10) };
    await expect(deployProgram(options)).rejects.toMatchObject({ code: 'chain/already-deployed' });
  });
});
