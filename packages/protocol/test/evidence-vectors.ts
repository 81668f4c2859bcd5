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
  buildClaims,
  buildCommit,
  buildReport,
  creditHour,
  decodeEntries,
  encodeAttest,
  encodeCommit,
  encodeCommitRequest,
  encodeDigestList,
  encodeEntry,
  encodeKeyRequest,
  encodeReceipt,
  encodeReceiptList,
  encodeToken,
  encodeVerdict,
  encodeWitness,
  encryptSettings,
  holdingOf,
  holdingPiece,
  receiptListRoot,
  recordTail,
  digestListRoot,
  resourceLabel,
  seal,
  settingsText,
  signAttest,
  signCommit,
  signCommitRequest,
  signKeyRequest,
  signEdgeShares,
  signEdgeView,
  signShareRequest,
  signTxtRequest,
  signPurge,
  signPurgeListRequest,
  encodeEdgeShares,
  encodeEdgeView,
  encodeShareRequest,
  encodeTxtRequest,
  encodePurge,
  encodePurgeList,
  encodePurgeListRequest,
  purgeId,
  signReceipt,
  signToken,
  signWitness,
  tokenHeader,
  toHex,
  utf8,
  verdictCommitment,
  verifySessions,
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
  const voucher = fixedKey(3);
  const resource = addressOf(filled(32, 10));
  const edge = addressOf(filled(32, 50));
  const session = filled(16, 90);
  const token = await signToken(
    {
      session,
      resource,
      clientKey: client.publicKey,
      hour: 77n,
      ceiling: 200_000_000n,
      creditWindow: 4_194_304,
    },
    voucher.sign,
  );
  const receipt = await signReceipt(
    { session, edge, resource, bytes: 123_456_789n, sequence: 5n },
    client.sign,
  );
  const receipts = encodeReceiptList([{ token, receipt }]);
  const digests = encodeDigestList([
    { targetHash: sha256(utf8('/b')), bodyHash: sha256(utf8('B')), size: 1n },
    { targetHash: sha256(utf8('/a')), bodyHash: sha256(utf8('A')), size: 1n },
  ]);
  const entry: Entry = {
    resource,
    slots: Array.from({ length: 12 }, (_, i) => BigInt(i) * 100_000_000n),
    asked: 123_456_789n,
    receiptsRoot: receiptListRoot(receipts, sha256) ?? new Uint8Array(32),
    digestRoot: digestListRoot(digests, sha256) ?? new Uint8Array(32),
    sessions: 1,
    digests: 2,
  };
  const plain: Entry = {
    resource: addressOf(filled(32, 200)),
    slots: Array.from({ length: 12 }, () => 7n),
    asked: 0n,
    receiptsRoot: new Uint8Array(32),
    digestRoot: new Uint8Array(32),
    sessions: 0,
    digests: 0,
  };
  const { report, blob } = buildReport(77n, [plain, entry], sha256);
  const sessions = await verifySessions({ hour: 77n, edge, entry, vouchingKey: voucher.address }, receipts);
  const levels = [1, 2] as const;
  const hour = creditHour(
    {
      hourSecs: 3_600n,
      terms: { feePerGb: 20_000_000n, dustBytes: 0n, openYieldBps: 900, guardShareBps: 2_000 },
      reports: [
        {
          index: 0,
          edge,
          worth: 25_000_000_000n,
          bytes: report.bytes,
          entryCount: 2,
          entries: decodeEntries(blob),
          sessionsOf: (wanted) => (wanted === resource ? sessions.sessions : []),
        },
      ],
      reveals: [{ no: 3, levels, disputes: [], holdingRight: true, prevRight: true }],
      setCount: 1,
      resourceOf: () => ({ active: true, allowance: 1_000_000_000n }),
      base: {
        hour: 75n,
        table: [
          { resource, edge, vouched: 5_000_000n, credited: 6_000_000n },
          { resource, edge: operator.address, vouched: 7_000_000n, credited: 0n },
        ],
      },
    },
    sha256,
  );
  const claims = buildClaims(
    new Map([
      [edge, 1_000n],
      [resource, 2_000n],
    ]),
    sha256,
  );
  const { body: commitBody, blob: counters } = buildCommit(
    { edge, boot: 9, hour: 77n, slot: 4, unixMs: 1_700_000_000_123n },
    [
      { resource: plain.resource, bytes: 900n },
      { resource, bytes: 90n },
    ],
    sha256,
  );
  const commit = await signCommit(commitBody, operator.sign);
  const commitRequest = await signCommitRequest({ guard: edge, unixSecs: 1_700_000_000n }, operator.sign);
  const payload = encodeVerdict({ levels, disputes: [{ report: 1, entry: 0 }] });
  const pieces = [holdingPiece(edge, blob, sha256), holdingPiece(edge, encodeEntry(entry), sha256)];
  const holding = holdingOf(edge, pieces, sha256);
  const [prevRoot, salt] = [filled(32, 3), filled(32, 4)];
  const commitment = verdictCommitment({ guard: edge, hour: 77n, holding, prevRoot, salt, payload }, sha256);
  const witness = await signWitness(
    { session, edge, resource, targetHash: sha256(utf8('/a')), bodyHash: sha256(utf8('A')), size: 1n },
    client.sign,
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

  const publisher = fixedKey(4);
  const purge = await signPurge(
    {
      resource,
      what: [
        { kind: 'target', target: '/a.css?v=1' },
        { kind: 'tag', tag: 'news' },
        { kind: 'prefix', prefix: '/img/' },
        { kind: 'all' },
      ],
      soft: true,
      unixMs: 1_700_000_000_123n,
      nonce: filled(16, 90),
    },
    publisher.sign,
  );
  const purgeListRequest = await signPurgeListRequest(
    { asker: edge, resource, log: filled(16, 3), after: 7n, unixSecs: 1_700_000_000n },
    operator.sign,
  );
  const purgeList = encodePurgeList({
    log: filled(16, 3),
    next: 8n,
    missingMs: 0n,
    purges: [encodePurge(purge)],
  });

  const edgeView = await signEdgeView(
    { guard: addressOf(filled(32, 51)), unixMs: 1_700_000_000_123n, zoneKey: filled(64, 9), down: [edge] },
    operator.sign,
  );

  const txtRequest = await signTxtRequest(
    {
      edge,
      what: 'publish',
      unixSecs: 1_700_000_000n,
      name: '_acme-challenge.aaaaaaaaaaaaaaaaaaaa.net.example',
      value: 'v'.repeat(43),
    },
    operator.sign,
  );

  const shareRequest = await signShareRequest(
    {
      edge,
      sample: 925n,
      unixSecs: 1_700_000_000n,
      served: [{ resource, before: 123_456_789n, soFar: 4_567n }],
    },
    operator.sign,
  );
  const edgeShares = await signEdgeShares(
    { guard: addressOf(filled(32, 51)), edge, sample: 925n, shares: [{ resource, bytes: 37_500_000n }] },
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
      voucherSeed: '03'.repeat(32),
      voucher: voucher.address,
      publisherSeed: '04'.repeat(32),
      publisher: publisher.address,
    },
    subjects: { resource, edge, session: toHex(session), label: resourceLabel(resource, sha256) },
    token: { bytes: toHex(encodeToken(token)), header: tokenHeader(token) },
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
      leaves: hour.leaves,
      /** Of both resources at once, and of the second alone. */
      recordTail: toHex(recordTail(hour, 0, 2)),
      proof: hour.resourceProof(1).map(toHex),
    },
    claims: {
      blob: toHex(claims.blob),
      root: toHex(claims.root),
      proof: (claims.claimProof(edge)?.proof ?? []).map(toHex),
    },
    counters: { bytes: toHex(counters), root: toHex(commit.root) },
    commit: { bytes: toHex(encodeCommit(commit)) },
    commitRequest: { bytes: toHex(encodeCommitRequest(commitRequest)) },
    verdict: {
      payload: toHex(payload),
      pieces: pieces.map(toHex),
      holding: toHex(holding),
      prevRoot: toHex(prevRoot),
      salt: toHex(salt),
      commitment: toHex(commitment),
    },
    witness: { bytes: toHex(encodeWitness(witness)) },
    attest: { bytes: toHex(encodeAttest(attest)) },
    keyRequest: { bytes: toHex(encodeKeyRequest(keyRequest)) },
    purge: { bytes: toHex(encodePurge(purge)), id: toHex(purgeId(purge, sha256)) },
    purgeListRequest: { bytes: toHex(encodePurgeListRequest(purgeListRequest)) },
    purgeList: { bytes: toHex(purgeList) },
    txtRequest: { bytes: toHex(encodeTxtRequest(txtRequest)) },
    edgeView: { bytes: toHex(encodeEdgeView(edgeView)) },
    shareRequest: { bytes: toHex(encodeShareRequest(shareRequest)) },
    edgeShares: { bytes: toHex(encodeEdgeShares(edgeShares)) },
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
