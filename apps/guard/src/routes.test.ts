import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createWallet } from '@media-network/chain';
import type { Found, MediaClient } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS, SETTINGS_STATUS } from '@media-network/chain/schema';
import {
  addressOf,
  boxKeyOf,
  checkEvidence,
  createSessionKey,
  buildCommit,
  decryptSettings,
  encodeKeyRequest,
  encryptSettings,
  generateBoxKey,
  encodeCommit,
  encodeWitnessPost,
  hourWindows,
  openSealed,
  signKeyRequest,
  utf8,
  signCommit,
  signToken,
  signWitness,
} from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import { createManualClock } from '@media-network/runtime/testing';
import { address } from '@solana/kit';
import { afterAll, describe, expect, it } from 'vitest';
import { createKeys } from './authorise/keys.ts';
import { createSettingsReader } from './authorise/settings-reader.ts';
import { openContradictions } from './collect/contradictions.ts';
import { createCounts } from './counts.ts';
import { sha256 } from './evidence/blob-roots.ts';
import type { HttpAnswer } from './http.ts';
import type { Network, Snapshot } from './network.ts';
import { createOriginBodies } from './probe/origin-bodies.ts';
import { createTargetPool, hashOfTarget } from './probe/target-pool.ts';
import { createRateLimit } from './rate-limit.ts';
import { createProbeTotals } from './probe/probe-totals.ts';
import { createRoutes } from './routes.ts';
import { openHourBook } from './state/hour-book.ts';
import { openHourLog } from './state/hour-log.ts';
import type { HourLog } from './state/hour-log.ts';
import { addressAt, blankAccount } from './testing-accounts.ts';
import { createWitnessDesk } from './witness/witness-desk.ts';

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

const dirs: string[] = [];
const logs: HourLog[] = [];
afterAll(async () => {
  for (const log of logs) await log.close();
  for (const dir of dirs) await rm(dir, { recursive: true, force: true });
});

/** A guard's routes over a chain that is made up: one active resource, one active edge with a stake of 100 MEDIA. */
async function setup() {
  const operator = await createWallet();
  const vouching = await createSessionKey();
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
    commitSlots: 9,
    verdictSlots: 12,
    finalHours: 24,
    lateHours: 336,
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
        blankAccount('resource', resource, {
          status: RESOURCE_STATUS.active,
          settingsVersion: 3,
          pool,
          termsCount: 1,
          terms: [{ from: 0n, allowance: 0n, vouchKey: vouching.publicKey }],
        }),
        blankAccount('resource', draft, { status: RESOURCE_STATUS.draft }),
      ],
      pools: [poolAccount],
    } satisfies Snapshot,
    now: NOW,
    revealed: undefined as bigint | undefined,
    denied: undefined as string | undefined,
    numbers: [2],
    stakeLp: 50n * MEDIA,
  };
  const network: Network = {
    refresh: async () => world.snapshot,
    whole: async () => world.snapshot,
    snapshot: async () => world.snapshot,
    chainNow: async () => world.now,
    chainNowMs: async () => Number(world.now) * 1_000,
    guardSet: async (week) => ({ week, numbers: world.numbers, entries: [], usable: true }),
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
  const dir = await mkdtemp(path.join(tmpdir(), 'guard-routes-'));
  dirs.push(dir);
  const log = await openHourLog(path.join(dir, 'hours'));
  logs.push(log);
  const book = await openHourBook(log, () => undefined);
  const contradictions = await openContradictions(path.join(dir, 'contradictions'));
  const reader = createSettingsReader(client, 2, seal);
  const bodies = createOriginBodies();
  const witnesses = createWitnessDesk({
    network,
    settings: reader,
    prober: { learn: async () => undefined },
    targets: createTargetPool(),
    bodies,
    book,
    clock,
    onFailure: (error) => {
      throw error;
    },
  });
  const routes = createRoutes({
    probeTotals: createProbeTotals(),
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
      keep: async () => undefined,
      blobs: 0,
      bytes: 0,
    },
    meter: { isRevealed: (hour) => hour === world.revealed },
    book,
    contradictions,
    witnesses,
    purges: {
      take: async () => ({ kind: 'kept', id: 'ab', known: false }),
      list: async () => ({ kind: 'list', list: Uint8Array.of(1) }),
    },
    shares: {
      answer: async () => ({ kind: 'shares', body: Uint8Array.of(2) }),
      table: (resource, sample) =>
        sample === 9n
          ? {
              budget: { bytes: 80n, burst: true },
              reserve: 10n,
              shares: new Map([[resource, 70n]]),
              demands: new Map([[resource, 60n]]),
            }
          : undefined,
    },
    findings: { answer: async () => ({ kind: 'list', list: Uint8Array.of(3) }) },
    shareLimit: createRateLimit(clock, 1),
    purgeLimit: createRateLimit(clock, 1_000),
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
    keys: createKeys({ client, network, settings: reader, denials: { denies: (at) => at === world.denied } }),
    witnessLimit: createRateLimit(clock, 70),
    keyLimit: createRateLimit(clock, 20),
    anyLimit: createRateLimit(clock, 100),
    counts: createCounts(),
    names: undefined,
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
      local: false,
      host: '',
      target: '/',
    });
    if (typeof answer.body === 'string') return { ...answer, body: Buffer.from(answer.body) };
    return {
      ...answer,
      body: answer.body instanceof Uint8Array ? answer.body : await buffer(answer.body.stream),
    };
  };
  return {
    ask,
    book,
    bodies,
    contradictions,
    world,
    edgeKey,
    vouching,
    resource,
    draft,
    edge,
    blob,
    config,
    clock,
  };
}

const codeOf = (answer: Answer): unknown => {
  const parsed: unknown = JSON.parse(Buffer.from(answer.body).toString());
  return [
    answer.status,
    typeof parsed === 'object' && parsed !== null && 'code' in parsed ? parsed.code : undefined,
  ];
};

type Setup = Awaited<ReturnType<typeof setup>>;

/** A viewer's statement, with a token of the publisher. */
async function statement(
  { vouching, resource, edge }: Pick<Setup, 'vouching' | 'resource' | 'edge'>,
  change: {
    readonly hour?: bigint;
    readonly session?: number;
    readonly sign?: Setup['vouching']['sign'];
    readonly resource?: string;
    readonly edge?: string;
    readonly body?: string;
    readonly target?: string;
    readonly client?: Setup['vouching'];
  } = {},
): Promise<Uint8Array> {
  const client = change.client ?? (await createSessionKey());
  const token = await signToken(
    {
      session: new Uint8Array(16).fill(change.session ?? 1),
      resource: change.resource ?? resource,
      clientKey: client.publicKey,
      hour: change.hour ?? 0n,
      ceiling: 1_000n,
      creditWindow: 100,
    },
    change.sign ?? vouching.sign,
  );
  const witness = await signWitness(
    {
      session: token.session,
      edge: change.edge ?? edge,
      resource: token.resource,
      targetHash: Buffer.from(hashOfTarget(change.target ?? '/a'), 'hex'),
      bodyHash: Buffer.from(change.body ?? 'bb'.repeat(32), 'hex'),
      size: 9n,
    },
    client.sign,
  );
  return encodeWitnessPost(token, witness);
}

describe('witnesses', () => {
  it('are heard when a publisher vouches for them, and held against what the origin showed', async () => {
    const all = await setup();
    const { ask, book, bodies, edge, resource, clock } = all;
    const seen = { atMs: clock.nowMs(), freshMs: 1_000 };
    bodies.note(resource, hashOfTarget('/a'), 'aa'.repeat(32), seen);
    clock.advance(120_000);
    bodies.note(resource, hashOfTarget('/a'), 'aa'.repeat(32), { ...seen, atMs: clock.nowMs() });
    expect((await ask('POST', '/v1/witness', await statement(all))).status).toBe(204);
    const right = await statement(all, { session: 2, body: 'aa'.repeat(32) });
    expect((await ask('POST', '/v1/witness', right)).status).toBe(204);
    await expect
      .poll(() => book.of(edge, 0n).looks.map(({ finding }) => finding))
      .toEqual(['wrong', 'right']);
    expect(book.of(edge, 0n).looks[0]).toMatchObject({ resource, target: hashOfTarget('/a') });
    // The same again is taken, and weighs nothing.
    expect((await ask('POST', '/v1/witness', right)).status).toBe(204);
    expect(book.of(edge, 0n).looks).toHaveLength(2);
  });

  it('are refused when they are malformed, not vouched for, of other hours, or too many', async () => {
    const all = await setup();
    const post = async (body: Uint8Array): Promise<unknown> =>
      codeOf(await all.ask('POST', '/v1/witness', body));
    expect(await post(new Uint8Array(381))).toEqual([400, 'witness/malformed']);
    expect(await post(await statement(all, { resource: addressAt(99) }))).toEqual([
      404,
      'witness/unknown-resource',
    ]);
    expect(await post(await statement(all, { edge: addressAt(98) }))).toEqual([404, 'witness/unknown-edge']);
    expect(await post(await statement(all, { hour: 1n }))).toEqual([403, 'witness/wrong-hour']);
    const stranger = await createSessionKey();
    expect(await post(await statement(all, { sign: stranger.sign }))).toEqual([403, 'witness/bad-signature']);
    const forged = await statement(all);
    forged[378] = (forged[378] ?? 0) ^ 1;
    expect(await post(forged)).toEqual([403, 'witness/bad-signature']);
    // One body that the origin has shown: what is said of others of this target is heard.
    all.bodies.note(all.resource, hashOfTarget('/a'), 'bb'.repeat(32), { atMs: 0, freshMs: 0 });
    for (let session = 1; session <= 64; session += 1)
      expect((await all.ask('POST', '/v1/witness', await statement(all, { session }))).status).toBe(204);
    expect(await post(await statement(all, { session: 65 }))).toEqual([429, 'witness/too-many']);
    expect(await post(await statement(all, { session: 66 }))).toEqual([429, 'witness/too-many']);
  });

  it('are heard whatever others say of targets that nobody knows', async () => {
    const all = await setup();
    const { ask, book, bodies, edge, resource, clock } = all;
    const seen = { atMs: clock.nowMs(), freshMs: 1_000 };
    bodies.note(resource, hashOfTarget('/a'), 'aa'.repeat(32), seen);
    clock.advance(120_000);
    bodies.note(resource, hashOfTarget('/a'), 'aa'.repeat(32), { ...seen, atMs: clock.nowMs() });
    const client = await createSessionKey();
    for (let n = 0; n < 65; n += 1) {
      const junk = await statement(all, { client, target: `/nobody-asked-for-${n}` });
      expect((await ask('POST', '/v1/witness', junk)).status).toBe(204);
    }
    expect((await ask('POST', '/v1/witness', await statement(all))).status).toBe(204);
    await expect.poll(() => book.of(edge, 0n).looks.map(({ finding }) => finding)).toEqual(['wrong']);
  });

  it('are a few a session', async () => {
    const all = await setup();
    const targets = [1, 2, 3, 4, 5].map((n) => `/${n}`);
    for (const target of targets)
      all.bodies.note(all.resource, hashOfTarget(target), 'bb'.repeat(32), { atMs: 0, freshMs: 0 });
    const client = await createSessionKey();
    const statuses: number[] = [];
    for (const target of targets)
      statuses.push((await all.ask('POST', '/v1/witness', await statement(all, { target, client }))).status);
    expect(statuses).toEqual([204, 204, 204, 204, 429]);
    const other = await statement(all, { session: 2, target: '/5' });
    expect((await all.ask('POST', '/v1/witness', other)).status).toBe(204);
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
    world.denied = resource;
    expect(await asked({})).toEqual([451, 'guard/denied']);
    world.denied = undefined;
    expect(await asked({ boxKey: new Uint8Array(32) })).toEqual([400, 'guard/bad-request']);
    expect(codeOf(await ask('POST', '/v1/keys', new Uint8Array(171)))).toEqual([400, 'guard/bad-request']);
    // Worth 2 × LP: 12 MEDIA of LP are 24 MEDIA, one below the minimum.
    world.stakeLp = 12n * MEDIA;
    expect(await asked({})).toEqual([403, 'guard/stake-too-low']);
  });
});

describe('the rest', () => {
  it('tells who it is, what it has, and how it does', async () => {
    const { ask } = await setup();
    expect(JSON.parse(Buffer.from((await ask('GET', '/v1/info')).body).toString())).toMatchObject({
      no: 2,
      week: '0',
      inSet: true,
      chainTime: String(NOW),
    });
    expect((await ask('GET', `/v1/entries/${'ab'.repeat(32)}`)).body).toEqual(Buffer.of(1));
    for (const kind of ['hours', 'weeks', 'counters', 'receipts', 'digests'])
      expect(codeOf(await ask('GET', `/v1/${kind}/${'ab'.repeat(32)}`))).toEqual([404, 'guard/no-evidence']);
    expect(codeOf(await ask('GET', `/v1/epochs/${'ab'.repeat(32)}`))).toEqual([404, 'guard/unknown-path']);
    expect((await ask('GET', '/healthz')).status).toBe(200);
    expect((await ask('GET', '/readyz')).status).toBe(200);
    expect(Buffer.from((await ask('GET', '/metrics')).body).toString()).toContain(
      'media_guard_verdicts_total',
    );
    expect(codeOf(await ask('POST', '/v1/info'))).toEqual([405, 'guard/wrong-method']);
    expect(codeOf(await ask('GET', '/v1/witness'))).toEqual([405, 'guard/wrong-method']);
    expect(codeOf(await ask('POST', '/v1/tickets'))).toEqual([404, 'guard/unknown-path']);
  });

  it('tells edges their shares, and anybody how it divided a sample', async () => {
    const { ask, resource } = await setup();
    expect((await ask('POST', '/v1/shares', 'a request')).body).toEqual(Uint8Array.of(2));
    expect(codeOf(await ask('POST', '/v1/shares', 'another'))).toEqual([429, 'guard/too-many-requests']);
    const told = await ask('GET', `/v1/shares?resource=${resource}&sample=9`);
    expect(JSON.parse(Buffer.from(told.body).toString())).toMatchObject({
      no: 2,
      sample: '9',
      budget: '80',
      burst: true,
      reserve: '10',
      shares: [{ edge: resource, bytes: '70', demand: '60' }],
    });
    expect(codeOf(await ask('GET', `/v1/shares?resource=${resource}&sample=8`))).toEqual([
      404,
      'guard/no-evidence',
    ]);
    expect(codeOf(await ask('GET', `/v1/shares?resource=${resource}`))).toEqual([400, 'guard/bad-request']);
  });

  it('shows the commits that it collected, and evidence of two that contradict each other', async () => {
    const { ask, book, contradictions, edge, edgeKey } = await setup();
    const commitOf = async (slot: number, bytes: bigint, by: string = edge) =>
      signCommit(
        buildCommit(
          { edge: by, boot: 1, hour: 7n, slot, unixMs: BigInt(slot) },
          [{ resource: addressAt(1), bytes }],
          sha256,
        ).body,
        edgeKey.sign,
      );
    const [late, early, other] = [
      await commitOf(9, 5n),
      await commitOf(2, 3n),
      await commitOf(2, 3n, addressAt(60)),
    ];
    for (const commit of [late, early, other]) expect(book.addCommit(commit)).toBeUndefined();
    const shown = async (query: string): Promise<Buffer> =>
      Buffer.from((await ask('GET', `/v1/commits?${query}`)).body);
    expect(await shown(`hour=7&edge=${edge}`)).toEqual(
      Buffer.concat([encodeCommit(early), encodeCommit(late)]),
    );
    expect(await shown('hour=7')).toHaveLength(3 * 164);
    expect(await shown('hour=8')).toHaveLength(0);
    expect(codeOf(await ask('GET', '/v1/commits?hour=-1'))).toEqual([400, 'guard/bad-request']);

    const lie = await commitOf(9, 50n);
    const found = book.addCommit(lie);
    if (found === undefined) throw new Error('a contradiction was not seen');
    await contradictions.add(found, lie);
    const listed: unknown = JSON.parse(Buffer.from((await ask('GET', '/v1/contradictions')).body).toString());
    expect(listed).toMatchObject({
      files: [expect.stringMatching(/^\/v1\/contradictions\/[0-9a-f]{64}\.json$/)],
    });
    const { files } = listed as { files: string[] };
    const file: unknown = JSON.parse(Buffer.from((await ask('GET', files[0] ?? '')).body).toString());
    const operator = addressOf(edgeKey.publicKey);
    expect(await checkEvidence(file, { operatorsOf: () => [operator] })).toMatchObject({
      kind: 'valid',
      edge,
      hour: 7n,
    });
    expect(codeOf(await ask('GET', `/v1/contradictions/${'ab'.repeat(32)}.json`))).toEqual([
      404,
      'guard/no-evidence',
    ]);
  });

  it('tells its verdicts when nobody can copy them any more', async () => {
    const { ask, book, world, config, edge } = await setup();
    await book.saveVerdict(0n, {
      payload: new Uint8Array(6),
      holding: new Uint8Array(32),
      prevRoot: new Uint8Array(32),
      salt: new Uint8Array(32),
      said: [
        { report: addressAt(50), edge, level: 1, reason: 'full', words: 'all checks passed' },
        { report: addressAt(51), edge: addressAt(60), level: 3, reason: 'unavailable', words: 'x' },
      ],
      disputed: [{ report: 0, entry: 0, edge, resource: addressAt(1) }],
    });
    const target = '/v1/verdicts?hour=0';
    world.now = hourWindows(config, 0n).commitsUntil - 1n;
    expect(codeOf(await ask('GET', target))).toEqual([403, 'guard/not-revealed']);
    world.revealed = 0n;
    expect((await ask('GET', target)).status).toBe(200);
    world.revealed = undefined;
    world.now += 1n;
    expect(
      JSON.parse(Buffer.from((await ask('GET', `${target}&edge=${edge}`)).body).toString()),
    ).toMatchObject({
      no: 2,
      hour: '0',
      verdicts: [{ edge, level: 1, reason: 'full' }],
      disputes: [{ report: 0, entry: 0, edge, observations: 0, wrong: 0 }],
    });
    expect(codeOf(await ask('GET', '/v1/verdicts?hour=x'))).toEqual([400, 'guard/bad-request']);
  });
});
