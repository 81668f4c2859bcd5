import type { Edge } from '@media-network/edge';
import { createSessionKey, encodeReceipt, signReceipt, ticketHeader } from '@media-network/protocol';
import type { ReceiptBody, SignBytes } from '@media-network/protocol';
import { createViewer, requestTicket } from '@media-network/viewer';
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
    const guardUrl = present(network.guards[0], 'guard').url;
    const options = { guardUrl, resource: network.resource, url: network.at(edge, '/'), edge: edge.address };
    const ticket = await requestTicket(options, key.publicKey);
    const response = await viewer.get(network.at(edge, PICTURE), {
      headers: { 'media-ticket': ticketHeader(ticket) },
    });
    expect(response.status).toBe(200);
    const served = BigInt(response.totalBytes);
    const body = (bytes: bigint, sequence: bigint): ReceiptBody => ({
      session: ticket.session,
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

  test('a forged ticket, one of another hour, or none at all opens no session', async () => {
    const key = await createSessionKey();
    const guardUrl = present(network.guards[0], 'guard').url;
    const options = { guardUrl, resource: network.resource, url: network.at(edge, '/'), edge: edge.address };
    const ticket = await requestTicket(options, key.publicKey);
    const later = await requestTicket({ ...options, hour: (await network.chainHour()) + 1n }, key.publicKey);
    const forged = { ...ticket, creditWindow: ticket.creditWindow + 1 };
    const get = async (header: string): Promise<readonly [number, string | undefined]> => {
      const response = await viewer.get(network.at(edge, PICTURE), { headers: { 'media-ticket': header } });
      return [response.status, response.header('media-error')];
    };
    expect(await get(ticketHeader(forged))).toEqual([401, 'ticket/bad-signature']);
    expect(await get(ticketHeader(later))).toEqual([401, 'ticket/wrong-hour']);
    expect(await get('AAAA')).toEqual([401, 'ticket/malformed']);
  });
});
