import { createWallet, signEvidence } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import {
  decodeEdgeShares,
  encodeShareRequest,
  signShareRequest,
  verifyEdgeSharesSignature,
} from '@media-network/protocol';
import type { EdgeShares, ShareRequestBody } from '@media-network/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { createShareDesk } from './share-desk.ts';
import type { ShareDesk } from './share-desk.ts';

const RESOURCE = addressAt(1);
const PAUSED = addressAt(2);
const EDGES = [addressAt(3), addressAt(4), addressAt(5)] as const;
const GONE = addressAt(6);
const GUARD = addressAt(7);
const RING = addressAt(8);
/** A quota of a megabyte a sample of ten seconds. */
const QUOTA_KBPS = 800;
const QUOTA = 1_000_000n;

let guard: Signer;
let edge: Signer;
let nowSecs = 0n;
let ringReads = 0;
let tail: number[];
let head = 0n;
let lastHour = 0n;

function open(share?: (said: { readonly bytes: bigint }) => bigint): ShareDesk {
  const config = { epochZero: 0n, sampleSecs: 10, monthSlots: 240, burstTimes: 0 };
  return createShareDesk({
    network: {
      // The desk looks at nothing else of it.
      snapshot: async () =>
        ({
          config,
          resources: [
            blankAccount('resource', RESOURCE, {
              quotaKbps: QUOTA_KBPS,
              ring: RING,
              lastHour,
              spans: [{ from: 0n, until: 2n ** 64n - 1n }],
            }),
            blankAccount('resource', PAUSED, { quotaKbps: QUOTA_KBPS, ring: RING, spans: [] }),
          ],
          edges: [
            ...EDGES.map((each) =>
              blankAccount('edge', each, { operator: edge.address, status: NODE_STATUS.active }),
            ),
            blankAccount('edge', GONE, { operator: edge.address, status: NODE_STATUS.left }),
          ],
        }) as never,
      chainNow: async () => nowSecs,
    },
    client: {
      ring: async () => {
        ringReads += 1;
        return { ...blankAccount('ring', RING, { head }), tail: Uint32Array.from(tail) };
      },
    },
    operator: guard,
    guard: { address: GUARD },
    onFailure: (error) => {
      throw error;
    },
    ...(share === undefined ? {} : { share }),
  });
}

beforeEach(async () => {
  [guard, edge] = [await createWallet(), await createWallet()];
  [nowSecs, ringReads, head, lastHour] = [1_005n, 0, 0n, 0n];
  tail = Array.from({ length: 288 }, () => 0);
});

interface Asked extends Partial<ShareRequestBody> {
  readonly before?: bigint;
  readonly soFar?: bigint;
  readonly signer?: Signer;
}

async function ask(desk: ShareDesk, { before = 0n, soFar = 0n, signer = edge, ...over }: Asked = {}) {
  const body: ShareRequestBody = {
    edge: EDGES[0],
    sample: nowSecs / 10n,
    unixSecs: nowSecs,
    served: [{ resource: RESOURCE, before, soFar }],
    ...over,
  };
  return desk.answer(encodeShareRequest(await signShareRequest(body, (data) => signEvidence(signer, data))));
}

async function sharesOf(desk: ShareDesk, asked?: Asked): Promise<EdgeShares> {
  const answer = await ask(desk, asked);
  if (answer.kind === 'refused') throw new Error(answer.code);
  const shares = decodeEdgeShares(answer.body);
  if (shares === undefined) throw new Error('the answer is none');
  return shares;
}

describe('who is told', () => {
  it('is an active edge that signs, about now', async () => {
    const desk = open();
    const codeOf = async (asked: Asked): Promise<string | undefined> => {
      const answer = await ask(desk, asked);
      return answer.kind === 'refused' ? answer.code : undefined;
    };
    expect(await codeOf({})).toBeUndefined();
    expect(await codeOf({ edge: GONE })).toBe('guard/edge-not-active');
    expect(await codeOf({ edge: addressAt(99) })).toBe('guard/edge-not-active');
    expect(await codeOf({ signer: guard })).toBe('guard/bad-signature');
    expect(await codeOf({ unixSecs: nowSecs - 61n, sample: (nowSecs - 61n) / 10n })).toBe('guard/wrong-time');
    expect(await codeOf({ unixSecs: nowSecs + 61n, sample: (nowSecs + 61n) / 10n })).toBe('guard/wrong-time');
    expect(await codeOf({ sample: 99n })).toBe('guard/wrong-time');
    expect(await codeOf({ sample: 101n })).toBeUndefined();
    expect(await codeOf({ sample: 102n })).toBe('guard/wrong-time');
    const malformed = await desk.answer(new Uint8Array(7));
    expect(malformed).toMatchObject({ kind: 'refused', status: 400, code: 'guard/bad-request' });
  });
});

describe('what it is told', () => {
  it('is signed, for that edge and sample', async () => {
    const shares = await sharesOf(open());
    expect(shares).toMatchObject({ guard: GUARD, edge: EDGES[0], sample: 100n });
    expect(await verifyEdgeSharesSignature(shares, guard.address)).toBe(true);
  });

  it('names resources that are active, and no others', async () => {
    const served = [RESOURCE, PAUSED, addressAt(77)].map((resource) => ({ resource, before: 0n, soFar: 0n }));
    const { shares } = await sharesOf(open(), { served });
    expect(shares.map(({ resource }) => resource)).toEqual([RESOURCE]);
  });

  it('comes to no more than ten times the quota over all edges, then to the quota', async () => {
    const desk = open();
    const shareOut = async (): Promise<{ sum: bigint; burst: boolean | undefined }> => {
      const sample = nowSecs / 10n;
      // Each is asked for as much as it may have.
      let sum = 0n;
      for (const each of EDGES) {
        const used = desk.table(RESOURCE, sample)?.shares.get(each) ?? 0n;
        const before = desk.table(RESOURCE, sample - 1n)?.shares.get(each) ?? QUOTA;
        await sharesOf(desk, { edge: each, before, soFar: used });
      }
      for (const bytes of desk.table(RESOURCE, sample)?.shares.values() ?? []) sum += bytes;
      return { sum, burst: desk.table(RESOURCE, sample)?.budget.burst };
    };
    // A month of 240 samples may be above its quota in twelve of them; nothing is on chain yet.
    let bursts = 0;
    for (let sample = 0; sample < 24; sample += 1) {
      const { sum, burst } = await shareOut();
      expect(sum).toBeGreaterThan(0n);
      expect(sum).toBeLessThanOrEqual(burst === true ? 10n * QUOTA : QUOTA);
      if (burst === true) bursts += 1;
      nowSecs += 10n;
    }
    expect(bursts).toBe(12);
    expect(await shareOut()).toMatchObject({ burst: false });
  });

  it('follows what the chain says of the month, read once an hour', async () => {
    // Eleven of 240 samples were above.
    for (let sample = 0; sample < 11; sample += 1) tail[sample] = QUOTA_KBPS + 1;
    head = 96n;
    lastHour = 8n;
    const desk = open();
    await sharesOf(desk);
    await sharesOf(desk);
    expect(ringReads).toBe(1);
    expect(desk.table(RESOURCE, 100n)?.budget).toEqual({ bytes: 10n * QUOTA, burst: true });
    tail[11] = QUOTA_KBPS + 1;
    lastHour = 9n;
    nowSecs += 10n;
    await sharesOf(desk);
    expect(ringReads).toBe(2);
    expect(desk.table(RESOURCE, 101n)?.budget).toEqual({ bytes: QUOTA, burst: false });
  });

  it('is what a guard that lies says, where a test has it lie', async () => {
    expect((await sharesOf(open(() => 7n))).shares).toEqual([{ resource: RESOURCE, bytes: 7n }]);
  });
});
