import type { Edge } from '@media-network/edge';
import { createSessionKey, encodeReceipt, signReceipt, tokenHeader } from '@media-network/protocol';
import type { ReceiptBody, SignBytes } from '@media-network/protocol';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';

const PICTURE = '/pictures/set.jpg';

describe('clients that lie', () => {
  let network: ManualNetwork;
  let edge: Edge;
  const viewer = createViewer();

  beforeAll(async () => {
    network = await startNetwork({ edges: 2 });
    edge = present(network.edges[0], 'edge');
  });
  afterAll(() => network?.close());

  const post = async (body: Uint8Array): Promise<{ status: number; code: string | undefined }> => {
    const response = await viewer.get(network.at(edge, '/.well-known/media-network/receipts'), {
      method: 'POST',
      body,
      keepBody: true,
    });
    const text = Buffer.from(response.body).toString('utf8');
    const answer: unknown = text === '' ? {} : JSON.parse(text);
    const code =
      typeof answer === 'object' && answer !== null && 'code' in answer ? String(answer.code) : undefined;
    return { status: response.status, code };
  };

  test('forged, replayed, reordered and over-limit receipts are refused with a code', async () => {
    const key = await createSessionKey();
    const wish = { resource: network.resource, clientKey: key.publicKey, hour: undefined };
    const token = await network.tokens(wish);
    const response = await viewer.get(network.at(edge, PICTURE), {
      headers: { 'media-token': tokenHeader(token) },
    });
    expect(response.status).toBe(200);
    expect(response.header('media-edge')).toBe(edge.address);
    expect(response.header('media-served')).toBe('0');
    const served = BigInt(response.totalBytes);
    const body = (bytes: bigint, sequence: bigint): ReceiptBody => ({
      session: token.session,
      edge: edge.address,
      resource: network.resource,
      bytes,
      sequence,
    });
    const receipt = async (what: ReceiptBody, sign: SignBytes = key.sign): Promise<Uint8Array> =>
      encodeReceipt(await signReceipt(what, sign));
    const stranger = await createSessionKey();
    const other = present(network.edges[1], 'other edge');

    expect(await post(await receipt(body(served, 1n), stranger.sign))).toEqual({
      status: 422,
      code: 'receipt/bad-signature',
    });
    expect(await post(await receipt(body(served + 1n, 1n)))).toEqual({
      status: 422,
      code: 'receipt/over-limit',
    });
    expect(await post(await receipt({ ...body(served, 1n), edge: other.address }))).toEqual({
      status: 422,
      code: 'receipt/wrong-subject',
    });
    expect(await post(await receipt({ ...body(served, 1n), session: new Uint8Array(16) }))).toEqual({
      status: 404,
      code: 'receipt/unknown-session',
    });
    expect(await post(Buffer.from('not a receipt'))).toEqual({ status: 400, code: 'receipt/malformed' });
    const good = await receipt(body(served - 10n, 5n));
    expect((await post(good)).status).toBe(204);
    expect(await post(good)).toEqual({ status: 409, code: 'receipt/replayed' });
    expect(await post(await receipt(body(served, 4n)))).toEqual({ status: 409, code: 'receipt/replayed' });
    expect(await post(await receipt(body(served - 20n, 6n)))).toEqual({
      status: 409,
      code: 'receipt/decreasing',
    });
    expect((await post(await receipt(body(served, 6n)))).status).toBe(204);
  });

  test('a token that the publisher has not signed, of a far hour, or none at all opens no session', async () => {
    const key = await createSessionKey();
    const wish = { resource: network.resource, clientKey: key.publicKey, hour: undefined };
    const token = await network.tokens(wish);
    const hour = await network.chainHour();
    const get = async (header: string): Promise<readonly (string | number | undefined)[]> => {
      const response = await viewer.get(network.at(edge, PICTURE), { headers: { 'media-token': header } });
      return [response.status, response.header('media-error'), response.header('media-hour')];
    };
    const refused = (code: string): readonly (string | number)[] => [401, code, hour.toString()];
    // What a client makes of a token to be paid for more, or at another resource or hour.
    expect(await get(tokenHeader({ ...token, ceiling: token.ceiling * 2n }))).toEqual(
      refused('token/bad-signature'),
    );
    expect(await get(tokenHeader({ ...token, creditWindow: token.creditWindow + 1 }))).toEqual(
      refused('token/bad-signature'),
    );
    expect(await get(tokenHeader({ ...token, hour: hour + 1n }))).toEqual(refused('token/bad-signature'));
    expect(await get(tokenHeader({ ...token, resource: edge.address }))).toEqual(
      refused('token/wrong-resource'),
    );
    expect(await get(tokenHeader({ ...token, hour: hour + 2n }))).toEqual(refused('token/wrong-hour'));
    expect(await get('AAAA')).toEqual(refused('token/malformed'));
    const open = await viewer.get(network.at(edge, PICTURE));
    expect([open.status, open.header('media-served')]).toEqual([200, undefined]);
  });
});
