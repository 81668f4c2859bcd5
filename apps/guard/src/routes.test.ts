import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createWallet } from '@media-network/chain';
import type { Found, MediaClient } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS, SETTINGS_STATUS } from '@media-network/chain/schema';
import {
  addressOf,
  boxKeyOf,
  createSessionKey,
  decodeTicket,
  decryptSettings,
  encodeKeyRequest,
  encryptSettings,
  generateBoxKey,
  hourEnd,
  openSealed,
  signKeyRequest,
  utf8,
  verifyTicketSignature,
} from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import { createManualClock } from '@media-network/runtime/testing';
import { address } from '@solana/kit';
import { describe, expect, it } from 'vitest';
import { createKeys } from './authorise/keys.ts';
import { createSettingsReader } from './authorise/settings-reader.ts';
import { createTickets } from './authorise/tickets.ts';
import { createCounts } from './counts.ts';
import type { HttpAnswer } from './http.ts';
import type { Network, Snapshot } from './network.ts';
import { createProbeBook } from './probe/probe-book.ts';
import { createRateLimit } from './rate-limit.ts';
import { createRoutes } from './routes.ts';
import { addressAt, blankAccount } from './testing-accounts.ts';

/** An answer with its body read to the end. */
type Answer = HttpAnswer & { readonly body: Uint8Array };

const NOW = 1_000_000n;
const MEDIA = 10n ** 9n;
const settings: Settings = {
  v: 1,
  origin: 'http://127.0.0.1:1',
  originHost: null,
  originHeaders: [],
  probe: ['/'],
  domains: [],
};

/** A guard's routes over a chain that is made up: one active resource, one active edge with a stake of 100 MEDIA. */
async function setup() {
  const operator = await createWallet();
  const seal = await boxKeyOf(new Uint8Array(32).fill(5));
  const edgeKey = await createSessionKey();
  const [resource, draft, edge, pool, stake] = [1, 2, 3, 4, 5].map(addressAt);
  if (!resource || !draft || !edge || !pool || !stake) throw new Error('five addresses');
  const blob = await encryptSettings(
    settings,
    { resource, version: 3 },
    {
      guards: [{ no: 2, sealKey: seal.publicKey }],
      password: utf8('p'),
      scrypt: async () => new Uint8Array(32),
    },
  );
  const config = blankAccount('config', addressAt(9), {
    epochZero: NOW - 600n,
    sampleSecs: 300,
    reportSlots: 6,
    verdictSlots: 12,
    finalHours: 24,
    hoursPerWeek: 168,
    monthSlots: 8_640,
    twapSecs: 3_600,
    minGuards: 1,
    minEdgeStake: 25n * MEDIA,
  });
  const edgeAccount = blankAccount('edge', edge, {
    status: NODE_STATUS.active,
    operator: address(addressOf(edgeKey.publicKey)),
    stake,
  });
  // A pool of 1,000 MEDIA and as much quote at price 1: each LP is worth 2 MEDIA base units.
  const poolAccount = blankAccount('pool', pool, {
    reserveMedia: 1_000n * MEDIA,
    reserveQuote: 1_000n * MEDIA,
    lpSupply: 1_000n * MEDIA,
    priceQ32: 2n ** 32n,
    updatedAt: NOW,
  });
  const world = {
    snapshot: {
      now: NOW,
      readAtMs: 0,
      config,
      guards: [],
      edges: [edgeAccount],
      resources: [
        blankAccount('resource', resource, { status: RESOURCE_STATUS.active, settingsVersion: 3, pool }),
        blankAccount('resource', draft, { status: RESOURCE_STATUS.draft }),
      ],
      pools: [poolAccount],
    } satisfies Snapshot,
    numbers: [2],
    stakeLp: 50n * MEDIA,
  };
  const network: Network = {
    refresh: async () => world.snapshot,
    snapshot: async () => world.snapshot,
    chainNow: async () => NOW,
    guardSet: async (week) => ({ week, numbers: world.numbers, entries: [], usable: true }),
    operatorsOf: () => undefined,
    invalidate: () => undefined,
  };
  const reads: Pick<MediaClient, 'account' | 'settings' | 'hour'> = {
    // The one account that is read by address is the stake.
    account: async (kind) =>
      blankAccount('stake', stake, { pool, lp: world.stakeLp }) as unknown as Found<typeof kind>,
    settings: async () =>
      blankAccount('settings', addressAt(8), {
        status: SETTINGS_STATUS.sealed,
        length: blob.length,
        tail: blob,
      }),
    hour: async () => null,
  };
  // Routes and keys call nothing else of the client.
  const client = reads as MediaClient;
  const clock = createManualClock();
  const guard = blankAccount('guard', addressAt(7), {
    no: 2,
    operator: operator.address,
    sealKey: seal.publicKey,
  });
  const book = createProbeBook();
  const reader = createSettingsReader(client, 2, seal);
  const routes = createRoutes({
    client,
    network,
    guard,
    store: {
      get: async (kind, root) =>
        kind === 'entries' && root === 'ab'.repeat(32) ? Uint8Array.of(1) : undefined,
      open: async (kind, root) =>
        kind === 'entries' && root === 'ab'.repeat(32)
          ? { size: 1, stream: Readable.from([Uint8Array.of(1)]) }
          : undefined,
      put: async () => '',
      blobs: 0,
      bytes: 0,
    },
    meter: { round: async () => 'idle', verdicts: () => [] },
    book,
    authorise: {
      sightOf: (wanted) =>
        wanted === draft
          ? {
              version: 3,
              readable: true,
              originAnswers: false,
              why: 'its origin does not answer: the connection is refused',
              atMs: 5_000,
              sinceMs: 1_000,
              againMs: 0,
            }
          : undefined,
    },
    tickets: createTickets({ network, operator, guardNo: 2, creditWindow: 99 }),
    keys: createKeys({ client, network, settings: reader }),
    limit: createRateLimit(clock, 3),
    keyLimit: createRateLimit(clock, 20),
    anyLimit: createRateLimit(clock, 50),
    counts: createCounts(),
    closing: () => false,
  });
  const ask = async (method: string, target: string, body: Uint8Array | string = ''): Promise<Answer> => {
    const url = new URL(target, 'http://guard');
    const answer = await routes({
      method,
      path: url.pathname,
      query: url.searchParams,
      body: Buffer.from(body),
      client: '10.0.0.1',
    });
    if (typeof answer.body === 'string') return { ...answer, body: Buffer.from(answer.body) };
    return {
      ...answer,
      body: answer.body instanceof Uint8Array ? answer.body : await buffer(answer.body.stream),
    };
  };
  return { ask, book, world, operator, edgeKey, resource, draft, edge, blob, config };
}

const codeOf = (answer: Answer): unknown => {
  const parsed: unknown = JSON.parse(Buffer.from(answer.body).toString());
  return [
    answer.status,
    typeof parsed === 'object' && parsed !== null && 'code' in parsed ? parsed.code : undefined,
  ];
};

describe('tickets', () => {
  it('are signed for this hour or the next', async () => {
    const { ask, operator, resource, config } = await setup();
    const request = { resource, clientKey: '0a'.repeat(32) };
    const ticket = decodeTicket(
      new Uint8Array(Buffer.from((await ask('POST', '/v1/tickets', JSON.stringify(request))).body)),
    );
    if (ticket === undefined) throw new Error('no ticket');
    expect(ticket).toMatchObject({
      guardNo: 2,
      resource,
      hour: 0n,
      creditWindow: 99,
      expires: Number(hourEnd(config, 0n)),
    });
    expect(await verifyTicketSignature(ticket, operator.address)).toBe(true);
    const next = decodeTicket(
      new Uint8Array(
        Buffer.from((await ask('POST', '/v1/tickets', JSON.stringify({ ...request, hour: '1' }))).body),
      ),
    );
    expect(next?.hour).toBe(1n);
    expect(next?.session).not.toEqual(ticket.session);
    expect(codeOf(await ask('POST', '/v1/tickets', JSON.stringify({ ...request, hour: 2 })))).toEqual([
      400,
      'guard/wrong-hour',
    ]);
  });

  it('are refused for what is unknown, not active, malformed, or too often asked', async () => {
    const first = await setup();
    const clientKey = '0a'.repeat(32);
    const asked = async (body: object): Promise<unknown> =>
      codeOf(await first.ask('POST', '/v1/tickets', JSON.stringify(body)));
    expect(await asked({ resource: addressAt(99), clientKey })).toEqual([404, 'guard/unknown-resource']);
    expect(await asked({ resource: first.draft, clientKey })).toEqual([503, 'guard/not-active']);
    expect(await asked({ resource: first.resource, clientKey: 'short' })).toEqual([400, 'guard/bad-request']);
    expect(await asked({ resource: first.resource, clientKey })).toEqual([429, 'guard/too-many-tickets']);
    const second = await setup();
    second.world.numbers = [3];
    expect(
      codeOf(
        await second.ask('POST', '/v1/tickets', JSON.stringify({ resource: second.resource, clientKey })),
      ),
    ).toEqual([503, 'guard/not-in-set']);
    expect(codeOf(await second.ask('POST', '/v1/tickets', '{'))).toEqual([400, 'guard/bad-request']);
  });
});

describe('resources', () => {
  it('say why they are not authorised, and since when', async () => {
    const { ask, resource, draft, world } = await setup();
    const told = async (which: string): Promise<unknown> => {
      const answer = await ask('GET', `/v1/resources/${which}`);
      return { status: answer.status, ...JSON.parse(Buffer.from(answer.body).toString('utf8')) };
    };
    expect(await told(resource)).toMatchObject({ status: 200, pending: false, looked: false, why: null });
    const found = world.snapshot.resources.find(({ address: each }) => each === draft);
    Object.assign(found ?? {}, { status: RESOURCE_STATUS.pending, settingsVersion: 3 });
    expect(await told(draft)).toMatchObject({
      pending: true,
      looked: true,
      why: 'its origin does not answer: the connection is refused',
      since: '1970-01-01T00:00:01.000Z',
    });
    // What was seen of older settings says nothing of these.
    Object.assign(found ?? {}, { settingsVersion: 4 });
    expect(await told(draft)).toMatchObject({ pending: true, looked: false, why: null, since: null });
    expect(await told(addressAt(62))).toMatchObject({ status: 404, code: 'guard/unknown-resource' });
  });
});

describe('keys', () => {
  it('are for the publisher too, whatever the status, and only by its own signature', async () => {
    const { ask, resource, blob, world, edgeKey } = await setup();
    const publisher = await createSessionKey();
    const own = addressOf(publisher.publicKey);
    const found = world.snapshot.resources.find(({ address: each }) => each === resource);
    Object.assign(found ?? {}, { publisher: own, status: RESOURCE_STATUS.pending });
    const box = await generateBoxKey();
    const body = { edge: own, resource, settingsVersion: 3, boxKey: box.publicKey, unixSecs: NOW };
    const asked = async (sign = publisher.sign, change: Partial<typeof body> = {}): Promise<Answer> =>
      ask('POST', '/v1/keys', encodeKeyRequest(await signKeyRequest({ ...body, ...change }, sign)));
    const answer = await asked();
    expect(answer.status).toBe(200);
    expect(await openSealed(new Uint8Array(Buffer.from(answer.body)), box)).toHaveLength(32);
    expect(blob.length).toBeGreaterThan(0);
    expect(codeOf(await asked(edgeKey.sign))).toEqual([403, 'guard/bad-signature']);
    expect(codeOf(await asked(publisher.sign, { unixSecs: NOW - 61n }))).toEqual([403, 'guard/wrong-time']);
  });

  it('are sealed to the edge that asks, and open the settings', async () => {
    const { ask, edge, edgeKey, resource, blob } = await setup();
    const box = await generateBoxKey();
    const request = await signKeyRequest(
      { edge, resource, settingsVersion: 3, boxKey: box.publicKey, unixSecs: NOW - 30n },
      edgeKey.sign,
    );
    const answer = await ask('POST', '/v1/keys', encodeKeyRequest(request));
    expect(answer.status).toBe(200);
    const key = await openSealed(new Uint8Array(Buffer.from(answer.body)), box);
    expect(key).toHaveLength(32);
    expect(await decryptSettings(blob, { resource, version: 3 }, key ?? new Uint8Array(32))).toEqual(
      settings,
    );
  });

  it('are for admitted edges and active resources alone', async () => {
    const base = await setup();
    const { ask, edge, edgeKey, resource, draft, world } = base;
    const box = await generateBoxKey();
    const body = { edge, resource, settingsVersion: 3, boxKey: box.publicKey, unixSecs: NOW };
    const asked = async (change: Partial<typeof body>, sign = edgeKey.sign): Promise<unknown> =>
      codeOf(
        await ask('POST', '/v1/keys', encodeKeyRequest(await signKeyRequest({ ...body, ...change }, sign))),
      );
    expect(await asked({ edge: addressAt(60) })).toEqual([403, 'guard/edge-not-active']);
    expect(await asked({}, (await createSessionKey()).sign)).toEqual([403, 'guard/bad-signature']);
    expect(await asked({ unixSecs: NOW + 61n })).toEqual([403, 'guard/wrong-time']);
    expect(await asked({ unixSecs: NOW - 61n })).toEqual([403, 'guard/wrong-time']);
    expect(await asked({ resource: addressAt(61) })).toEqual([404, 'guard/unknown-resource']);
    expect(await asked({ resource: draft })).toEqual([403, 'guard/not-active']);
    expect(await asked({ settingsVersion: 2 })).toEqual([403, 'guard/other-version']);
    expect(await asked({ boxKey: new Uint8Array(32) })).toEqual([400, 'guard/bad-request']);
    expect(codeOf(await ask('POST', '/v1/keys', new Uint8Array(171)))).toEqual([400, 'guard/bad-request']);
    // Worth 2 × LP: 12 MEDIA of LP are 24 MEDIA, one below the minimum.
    world.stakeLp = 12n * MEDIA;
    expect(await asked({})).toEqual([403, 'guard/stake-too-low']);
  });
});

describe('the rest', () => {
  it('tells who it is, what it has, and how it does', async () => {
    const { ask, book } = await setup();
    expect(JSON.parse(Buffer.from((await ask('GET', '/v1/info')).body).toString())).toMatchObject({
      no: 2,
      week: '0',
      inSet: true,
      chainTime: String(NOW),
    });
    expect((await ask('GET', `/v1/entries/${'ab'.repeat(32)}`)).body).toEqual(Buffer.of(1));
    expect(codeOf(await ask('GET', `/v1/hours/${'ab'.repeat(32)}`))).toEqual([404, 'guard/no-evidence']);
    expect(codeOf(await ask('GET', `/v1/secrets/${'ab'.repeat(32)}`))).toEqual([404, 'guard/unknown-path']);
    expect(JSON.parse(Buffer.from((await ask('GET', '/v1/verdicts?hour=0')).body).toString())).toMatchObject({
      hour: '0',
      verdicts: [],
      counters: [],
    });
    const counter = {
      edge: addressAt(3),
      resource: addressAt(1),
      bytes: 9n,
      hour: 0n,
      hourBytes: 9n,
      unixMs: 0n,
      signature: new Uint8Array(64),
    };
    book.addCounter(counter);
    book.addCounter({ ...counter, edge: addressAt(4) });
    const countersIn = async (query: string): Promise<unknown> => {
      const answer: { counters: unknown[] } = JSON.parse(
        Buffer.from((await ask('GET', `/v1/verdicts?${query}`)).body).toString(),
      );
      return answer.counters.length;
    };
    expect(await countersIn('hour=0')).toBe(2);
    expect(await countersIn(`hour=0&edge=${addressAt(3)}`)).toBe(1);
    expect(await countersIn('hour=1')).toBe(0);
    expect(codeOf(await ask('GET', '/v1/verdicts?hour=-1'))).toEqual([400, 'guard/bad-request']);
    expect((await ask('GET', '/healthz')).status).toBe(200);
    expect((await ask('GET', '/readyz')).status).toBe(200);
    expect(Buffer.from((await ask('GET', '/metrics')).body).toString()).toContain(
      'media_guard_tickets_total',
    );
    expect(codeOf(await ask('POST', '/v1/info'))).toEqual([405, 'guard/wrong-method']);
    expect(codeOf(await ask('GET', '/v1/tickets'))).toEqual([405, 'guard/wrong-method']);
  });
});
