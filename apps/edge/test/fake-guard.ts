import { scrypt } from 'node:crypto';
import { createServer } from 'node:http';
import {
  boxKeyOf,
  decodeKeyRequest,
  encodeCommitRequest,
  encryptSettings,
  generateBoxKey,
  seal,
  settingsKeyForGuard,
  signCommitRequest,
  signerOf,
  verifyKeyRequestSignature,
} from '@media-network/protocol';
import type { BoxKey, Settings, SignBytes } from '@media-network/protocol';
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
