import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';
import { compareBytes, concatBytes } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { encodeReceiptList } from './evidence-lists.ts';
import type { SessionProof } from './evidence-lists.ts';
import { signReceipt } from './receipt.ts';
import { createSessionKey } from './signing.ts';
import { sessionKey, signToken } from './token.ts';
import { verifySessions } from './verify-sessions.ts';

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const named = (name: string): string => addressOf(sha256(Buffer.from(name)));
const [EDGE, RESOURCE] = [named('edge'), named('resource')];
const HOUR = 12n;
const voucher = await createSessionKey();
const client = await createSessionKey();

async function proof(
  no: number,
  bytes: bigint,
  change: { token?: object; receipt?: object; signer?: typeof voucher } = {},
): Promise<SessionProof> {
  const session = new Uint8Array(16).fill(no);
  const token = await signToken(
    {
      session,
      resource: RESOURCE,
      clientKey: client.publicKey,
      hour: HOUR,
      ceiling: 500n,
      creditWindow: 100,
      ...change.token,
    },
    (change.signer ?? voucher).sign,
  );
  const receipt = await signReceipt(
    { session, edge: EDGE, resource: RESOURCE, bytes, sequence: 1n, ...change.receipt },
    client.sign,
  );
  return { token, receipt };
}

async function verify(
  proofs: readonly SessionProof[],
  change: { vouchingKey?: string | undefined; sessions?: number; blob?: Uint8Array } = {},
): Promise<{ bytes: bigint[]; dropped: number }> {
  const found = await verifySessions(
    {
      hour: HOUR,
      edge: EDGE,
      entry: { resource: RESOURCE, sessions: change.sessions ?? proofs.length },
      vouchingKey: 'vouchingKey' in change ? change.vouchingKey : addressOf(voucher.publicKey),
    },
    change.blob ?? encodeReceiptList(proofs),
  );
  return { bytes: found.sessions.map(({ bytes }) => bytes), dropped: found.dropped.length };
}

describe('sessions of an entry', () => {
  it('count when publisher and client signed for this edge, resource and hour', async () => {
    expect(await verify([await proof(1, 300n), await proof(2, 700n)])).toEqual({
      bytes: [300n, 700n],
      dropped: 0,
    });
    expect(await verify([])).toEqual({ bytes: [], dropped: 0 });
  });

  it('are dropped alone for what is wrong with them', async () => {
    const stranger = await createSessionKey();
    const good = await proof(1, 5n);
    const wrong: SessionProof[] = [
      await proof(2, 5n, { signer: stranger }),
      await proof(2, 5n, { token: { resource: named('other') } }),
      await proof(2, 5n, { token: { hour: HOUR + 1n } }),
      await proof(2, 5n, { token: { clientKey: stranger.publicKey } }),
      await proof(2, 5n, { receipt: { edge: named('other') } }),
      await proof(2, 5n, { receipt: { resource: named('other') } }),
      await proof(2, 5n, { receipt: { session: new Uint8Array(16) } }),
      { ...(await proof(2, 5n)), receipt: { ...(await proof(2, 6n)).receipt, bytes: 7n } },
    ];
    for (const each of wrong) expect(await verify([good, each])).toEqual({ bytes: [5n], dropped: 1 });
  });

  it('are none where the list is out of order, double, cut or of another length', async () => {
    const [one, two] = [await proof(1, 5n), await proof(2, 5n)];
    const records = [encodeReceiptList([one]), encodeReceiptList([two])].toSorted(compareBytes);
    const none = { bytes: [], dropped: 1 };
    expect(await verify([one, two], { blob: concatBytes(records.toReversed()) })).toEqual(none);
    expect(await verify([one, one])).toEqual(none);
    expect(await verify([one, two], { blob: encodeReceiptList([one, two]).subarray(1) })).toEqual(none);
    expect(await verify([one, two], { sessions: 1 })).toEqual(none);
    expect(await verify([one, two], { sessions: 3 })).toEqual(none);
  });

  it('are none without a vouching key, nor under the zero key that every signature might fit', async () => {
    expect(await verify([await proof(1, 5n)], { vouchingKey: undefined })).toEqual({ bytes: [], dropped: 1 });
    expect(await verify([await proof(1, 5n)], { vouchingKey: addressOf(new Uint8Array(32)) })).toEqual({
      bytes: [],
      dropped: 1,
    });
  });

  it('are the same session at two edges, and another one with another ceiling', async () => {
    const { token } = await proof(1, 5n);
    expect(sessionKey(token)).toBe(sessionKey({ ...token, creditWindow: 7 }));
    expect(sessionKey(token)).not.toBe(sessionKey({ ...token, ceiling: 1n }));
  });
});
