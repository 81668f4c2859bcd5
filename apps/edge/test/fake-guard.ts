import { scrypt } from 'node:crypto';
import { createServer } from 'node:http';
import {
  boxKeyOf,
  createSessionKey,
  decodeKeyRequest,
  encryptSettings,
  generateBoxKey,
  seal,
  settingsKeyForGuard,
  signReceipt,
  signTicket,
  signerOf,
  verifyKeyRequestSignature,
} from '@media-network/protocol';
import type { BoxKey, Receipt, Settings, SignBytes, Ticket } from '@media-network/protocol';
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
  session(resource: Address, hour: number, over?: Partial<Ticket>): Promise<TestSession>;
  close(): Promise<void>;
}

/** A viewer's session: its ticket, and receipts signed for it. */
interface TestSession {
  readonly ticket: Ticket;
  receipt(edge: Address, bytes: number, sequence: number, over?: Partial<Receipt>): Promise<Receipt>;
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
    async session(resource, hour, over = {}) {
      const client = await createSessionKey();
      const ticket = await signTicket(
        {
          guardNo: no,
          session: crypto.getRandomValues(new Uint8Array(16)),
          resource,
          clientKey: client.publicKey,
          hour: BigInt(hour),
          creditWindow: 1_000_000,
          expires: Math.floor(Date.now() / 1000) + 7200,
          ...over,
        },
        sign,
      );
      return {
        ticket: { ...ticket, ...(over.signature === undefined ? {} : { signature: over.signature }) },
        receipt: async (edge, bytes, sequence, more = {}) => ({
          ...(await signReceipt(
            {
              session: ticket.session,
              edge,
              resource,
              bytes: BigInt(bytes),
              sequence: BigInt(sequence),
              ...more,
            },
            client.sign,
          )),
          ...(more.signature === undefined ? {} : { signature: more.signature }),
        }),
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return guard;
}
