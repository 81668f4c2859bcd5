import {
  createHash,
  createPrivateKey,
  createPublicKey,
  scrypt as nodeScrypt,
  sign as nodeSign,
} from 'node:crypto';
import {
  addressOf,
  boxKeyOf,
  buildEpoch,
  buildReport,
  creditHour,
  encodeAttest,
  encodeCounter,
  encodeDigestList,
  encodeEntry,
  encodeKeyRequest,
  encodeReceipt,
  encodeReceiptList,
  encodeTicket,
  encryptSettings,
  receiptListRoot,
  digestListRoot,
  resourceLabel,
  seal,
  settingsText,
  signAttest,
  signCounter,
  signKeyRequest,
  signReceipt,
  signTicket,
  ticketHeader,
  toHex,
  utf8,
} from '../src/index.ts';
import type { Entry, Scrypt, Settings, Sha256, SignBytes } from '../src/index.ts';

export const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();

export const scrypt: Scrypt = (password, salt, { N, r, p }) =>
  new Promise((resolve, reject) => {
    nodeScrypt(password, salt, 32, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });

const filled = (length: number, first: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (first + i) & 255);

/** An Ed25519 key whose seed is 32 equal bytes. */
export function fixedKey(seed: number): {
  readonly publicKey: Uint8Array;
  readonly address: string;
  readonly sign: SignBytes;
} {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = new Uint8Array(
    createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32),
  );
  return {
    publicKey,
    address: addressOf(publicKey),
    sign: (message) => Promise.resolve(new Uint8Array(nodeSign(null, message, key))),
  };
}

/** Every wire format with fixed contents. Keys are equal bytes, so that any implementation can make them again. */
export async function evidenceVectors(): Promise<Record<string, unknown>> {
  const operator = fixedKey(1);
  const client = fixedKey(2);
  const resource = addressOf(filled(32, 10));
  const edge = addressOf(filled(32, 50));
  const session = filled(16, 90);
  const ticket = await signTicket(
    {
      guardNo: 3,
      session,
      resource,
      clientKey: client.publicKey,
      hour: 77n,
      creditWindow: 4_194_304,
      expires: 1_800_000_000,
    },
    operator.sign,
  );
  const receipt = await signReceipt(
    { session, edge, resource, bytes: 123_456_789n, sequence: 5n },
    client.sign,
  );
  const receipts = encodeReceiptList([{ ticket, receipt }]);
  const digests = encodeDigestList([
    { targetHash: sha256(utf8('/b')), bodyHash: sha256(utf8('B')), size: 1n },
    { targetHash: sha256(utf8('/a')), bodyHash: sha256(utf8('A')), size: 1n },
  ]);
  const entry: Entry = {
    resource,
    slots: Array.from({ length: 12 }, (_, i) => BigInt(i) * 100_000_000n),
    attested: 123_456_789n,
    receiptsRoot: receiptListRoot(receipts, sha256) ?? new Uint8Array(32),
    digestRoot: digestListRoot(digests, sha256) ?? new Uint8Array(32),
  };
  const plain: Entry = {
    resource: addressOf(filled(32, 200)),
    slots: Array.from({ length: 12 }, () => 7n),
    attested: 0n,
    receiptsRoot: new Uint8Array(32),
    digestRoot: new Uint8Array(32),
  };
  const { report, blob } = buildReport(77n, [plain, entry], sha256);
  const hour = creditHour(
    { reports: [{ edge, entries: [plain, entry] }], boundOf: () => 1_000_000_000n, previousOf: () => 42n },
    sha256,
  );
  const epoch = buildEpoch(
    new Map([
      [edge, 1_000n],
      [resource, 2_000n],
    ]),
    sha256,
  );
  const counter = await signCounter(
    { edge, resource, bytes: 900n, hour: 77n, hourBytes: 90n, unixMs: 1_700_000_000_123n },
    operator.sign,
  );
  const attest = await signAttest(
    {
      resource,
      targetHash: sha256(utf8('/a')),
      validatorHash: sha256(utf8('"v1"')),
      bodyHash: sha256(utf8('A')),
      size: 1n,
      unixMs: 1_700_000_000_123n,
      nonce: filled(16, 30),
    },
    operator.sign,
  );
  const keyRequest = await signKeyRequest(
    { edge, resource, settingsVersion: 2, boxKey: filled(32, 70), unixSecs: 1_700_000_000n },
    operator.sign,
  );

  const reader = await boxKeyOf(filled(32, 1));
  const ephemeral = await boxKeyOf(filled(32, 101));
  const settings: Settings = {
    v: 1,
    origin: 'http://127.0.0.1:3000',
    originHost: null,
    originHeaders: [['x-key', 'secret']],
    probe: ['/'],
    domains: [],
  };
  let drawn = 0;
  const settingsBlob = await encryptSettings(
    settings,
    { resource, version: 1 },
    // Without guards: their wraps use ephemeral keys of the platform, and `sealed` below fixes that format.
    {
      guards: [],
      password: utf8('correct horse'),
      scrypt,
      cost: { log2N: 10, r: 8, p: 1 },
      random: (length) => filled(length, (drawn += 13)),
    },
  );

  return {
    keys: {
      operatorSeed: '01'.repeat(32),
      operator: operator.address,
      clientSeed: '02'.repeat(32),
      client: toHex(client.publicKey),
    },
    subjects: { resource, edge, session: toHex(session), label: resourceLabel(resource, sha256) },
    ticket: { bytes: toHex(encodeTicket(ticket)), header: ticketHeader(ticket) },
    receipt: { bytes: toHex(encodeReceipt(receipt)) },
    receipts: { bytes: toHex(receipts), root: toHex(entry.receiptsRoot) },
    digests: { bytes: toHex(digests), root: toHex(entry.digestRoot) },
    entry: { bytes: toHex(encodeEntry(entry)) },
    report: {
      hour: String(report.hour),
      bytes: String(report.bytes),
      entryCount: report.entryCount,
      root: toHex(report.root),
      blob: toHex(blob),
    },
    hour: {
      blob: toHex(hour.blob),
      root: toHex(hour.root),
      proof: hour.resourceProof(0).map(toHex),
      edgeProof: hour.edgeProof(0).map(toHex),
    },
    epoch: {
      blob: toHex(epoch.blob),
      root: toHex(epoch.root),
      proof: (epoch.claimProof(edge)?.proof ?? []).map(toHex),
    },
    counter: { bytes: toHex(encodeCounter(counter)) },
    attest: { bytes: toHex(encodeAttest(attest)) },
    keyRequest: { bytes: toHex(encodeKeyRequest(keyRequest)) },
    sealed: {
      recipientPrivate: toHex(reader.privateKey),
      recipient: toHex(reader.publicKey),
      ephemeralPrivate: toHex(ephemeral.privateKey),
      plain: toHex(filled(32, 5)),
      box: toHex(await seal(filled(32, 5), reader.publicKey, ephemeral)),
    },
    settings: {
      password: 'correct horse',
      version: 1,
      text: settingsText(settings),
      blob: toHex(settingsBlob),
    },
  };
}
