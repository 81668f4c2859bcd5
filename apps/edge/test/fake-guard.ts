import { scrypt } from 'node:crypto';
import { createServer } from 'node:http';
import {
  boxKeyOf,
  decodeKeyRequest,
  decodePurge,
  decodePurgeListRequest,
  decodeShareRequest,
  encodeCommitRequest,
  encodeEdgeShares,
  encodePurgeList,
  encryptSettings,
  generateBoxKey,
  seal,
  settingsKeyForGuard,
  signCommitRequest,
  signEdgeShares,
  signerOf,
  verifyKeyRequestSignature,
  verifyPurgeListRequestSignature,
  verifyShareRequestSignature,
} from '@media-network/protocol';
import type { BoxKey, PurgeListRequest, Settings, SignBytes } from '@media-network/protocol';
import { generateKeyPairSigner } from '@solana/kit';
import type { Address } from '@solana/kit';

export interface FakeGuard {
  readonly no: number;
  readonly url: string;
  readonly operator: Address;
  readonly boxKey: BoxKey;
  /** Answered instead of a key. */
  refuseWith: number | undefined;
  keyRequests: number;
  /** Blobs that guards answer with, by path. */
  readonly blobs: Map<string, Uint8Array>;
  /** What publishers purged, as it came here; undefined: it does not answer that. */
  purges: Uint8Array[] | undefined;
  /** Time of the newest that it does not tell any more. */
  missingMs: bigint;
  purgeRequests: number;
  /** Bytes of each resource that edges may serve in any sample; undefined: it does not say. */
  share: bigint | undefined;
  /** Settings of a resource, wrapped for this guard. */
  encrypt(
    settings: Partial<Settings> & { readonly origin: string },
    resource: Address,
    version?: number,
  ): Promise<Uint8Array>;
  know(resource: Address, blob: Uint8Array): void;
  /** A request for the edge's counters, signed by this guard. */
  commitRequest(account: Address, unixSecs: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

const LOG = new Uint8Array(16).fill(7);

function purgeList(wanted: PurgeListRequest, purges: readonly Uint8Array[], missingMs: bigint): Uint8Array {
  const next = BigInt(purges.length);
  if (wanted.resource !== undefined) {
    const own = purges.filter((each) => decodePurge(each)?.resource === wanted.resource);
    return encodePurgeList({ log: LOG, next, missingMs, purges: own });
  }
  const known = wanted.log[0] === 7;
  return encodePurgeList({
    log: LOG,
    next,
    missingMs: 0n,
    purges: known ? purges.slice(Number(wanted.after)) : [],
  });
}

export async function startFakeGuard(no: number, edgeOperator: () => Address): Promise<FakeGuard> {
  const operator = await generateKeyPairSigner();
  const sign: SignBytes = signerOf(operator.keyPair.privateKey);
  const boxKey = await boxKeyOf((await generateBoxKey()).privateKey);
  const settings = new Map<string, Uint8Array>();
  const blobs = new Map<string, Uint8Array>();

  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const blob = blobs.get(request.url ?? '');
      if (request.method === 'GET') {
        response.writeHead(blob === undefined ? 404 : 200).end(blob);
        return;
      }
      if (request.url === '/v1/shares') {
        const wanted = decodeShareRequest(Buffer.concat(parts));
        const { share } = guard;
        if (wanted === undefined || !(await verifyShareRequestSignature(wanted, edgeOperator())))
          response.writeHead(403).end();
        else if (share === undefined) response.writeHead(404).end();
        else {
          const { edge, sample, served } = wanted;
          const shares = served.map(({ resource }) => ({ resource, bytes: share }));
          const answer = await signEdgeShares({ guard: edge, edge, sample, shares }, sign);
          response.writeHead(200).end(encodeEdgeShares(answer));
        }
        return;
      }
      if (request.url === '/v1/purges') {
        guard.purgeRequests += 1;
        const wanted = decodePurgeListRequest(Buffer.concat(parts));
        if (wanted === undefined || !(await verifyPurgeListRequestSignature(wanted, edgeOperator())))
          response.writeHead(403).end();
        else if (guard.purges === undefined) response.writeHead(503).end();
        else response.writeHead(200).end(purgeList(wanted, guard.purges, guard.missingMs));
        return;
      }
      guard.keyRequests += 1;
      const asked = decodeKeyRequest(Buffer.concat(parts));
      if (
        guard.refuseWith !== undefined ||
        asked === undefined ||
        !(await verifyKeyRequestSignature(asked, edgeOperator()))
      ) {
        response.writeHead(guard.refuseWith ?? 403).end();
        return;
      }
      const sealedBlob = settings.get(asked.resource);
      const key = sealedBlob === undefined ? undefined : await settingsKeyForGuard(sealedBlob, no, boxKey);
      if (key === undefined) response.writeHead(404).end();
      else response.writeHead(200).end(await seal(key, asked.boxKey));
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no port');

  const guard: FakeGuard = {
    no,
    url: `http://127.0.0.1:${at.port}`,
    operator: operator.address,
    boxKey,
    refuseWith: undefined,
    keyRequests: 0,
    blobs,
    purges: [],
    missingMs: 0n,
    purgeRequests: 0,
    share: undefined,
    encrypt: (plain, resource, version = 1) =>
      encryptSettings(
        { v: 1, originHost: null, originHeaders: [], probe: ['/'], domains: [], ...plain },
        { resource, version },
        {
          guards: [{ no, sealKey: boxKey.publicKey }],
          password: new Uint8Array([1]),
          cost: { log2N: 2, r: 1, p: 1 },
          scrypt: (password, salt, cost) =>
            new Promise((resolve, reject) => {
              scrypt(password, salt, 32, { N: cost.N, r: cost.r, p: cost.p }, (error, key) =>
                error === null ? resolve(key) : reject(error),
              );
            }),
        },
      ),
    know: (resource, blob) => {
      settings.set(resource, blob);
    },
    commitRequest: async (account, unixSecs) =>
      encodeCommitRequest(await signCommitRequest({ guard: account, unixSecs: BigInt(unixSecs) }, sign)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return guard;
}
