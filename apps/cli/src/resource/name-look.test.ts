import { TYPE, addressRdata, encodeName, txtRdata } from '@media-network/dns';
import { proofText } from '@media-network/protocol';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startNameServer } from '../../test/name-server.ts';
import type { NameServer } from '../../test/name-server.ts';
import { askResolver, lookAtName } from './name-look.ts';
import type { NameLook } from './name-look.ts';

const HOST = 'aaaaaaaaaaaaaaaaaaaa.net.test';
const RESOURCE = 'So11111111111111111111111111111111111111112';
const WANTED = { host: HOST, resource: RESOURCE, edges: new Set(['192.0.2.1', '192.0.2.2', '2001:db8::1']) };

let server: NameServer;
beforeAll(async () => {
  server = await startNameServer('shop.example');
});
afterAll(() => server.close());
beforeEach(() => server.clear());

const put = (below: string, type: number, ...rdata: readonly Uint8Array[]): void =>
  server.put(below, type, ...rdata);
const look = (name: string): Promise<NameLook> => lookAtName(askResolver(server.address), name, WANTED);

test('a name below its zone needs a record that proves it, and a CNAME', async () => {
  expect(await look('www.shop.example')).toEqual({
    name: 'www.shop.example',
    apex: false,
    proof: {
      record: { name: '_medianet.www.shop.example', type: 'TXT', value: proofText(RESOURCE) },
      there: false,
      why: 'not there',
    },
    leads: {
      record: { name: 'www.shop.example', type: 'CNAME', value: HOST },
      there: false,
      why: 'not there',
    },
  });
  put('_medianet.www', TYPE.TXT, txtRdata('v=spf1 -all'), txtRdata(proofText(RESOURCE)));
  put('www', TYPE.CNAME, encodeName(HOST));
  expect(await look('www.shop.example')).toMatchObject({
    proof: { there: true, why: null },
    leads: { there: true, why: null },
  });
});

test('a CNAME may lead there over others, and not round in circles', async () => {
  put('a', TYPE.CNAME, encodeName('b.shop.example'));
  put('b', TYPE.CNAME, encodeName(HOST));
  expect((await look('a.shop.example')).leads.there).toBe(true);
  put('b', TYPE.CNAME, encodeName('a.shop.example'));
  expect((await look('a.shop.example')).leads).toMatchObject({ there: false, why: 'not there' });
});

test("a zone's own name needs an ALIAS, and what a provider makes of it is addresses of edges", async () => {
  expect(await look('shop.example')).toMatchObject({
    apex: true,
    leads: { record: { type: 'ALIAS', value: HOST }, there: false },
  });
  put('', TYPE.A, addressRdata('192.0.2.1'), addressRdata('192.0.2.2'));
  put('', TYPE.AAAA, addressRdata('2001:0db8::0001'));
  expect((await look('shop.example')).leads).toMatchObject({ there: true, why: null });
  put('', TYPE.A, addressRdata('192.0.2.1'), addressRdata('198.51.100.7'));
  const { leads } = await look('shop.example');
  expect(leads).toMatchObject({ there: false, why: expect.stringContaining('198.51.100.7') });
});

test('addresses in place of a CNAME lead there, with a word about it', async () => {
  put('www', TYPE.A, addressRdata('192.0.2.2'));
  expect((await look('www.shop.example')).leads).toMatchObject({
    there: true,
    why: expect.stringContaining('a CNAME follows'),
  });
});

test('a record that names another resource is said so', async () => {
  put('_medianet', TYPE.TXT, txtRdata(proofText('Other')));
  expect((await look('shop.example')).proof).toMatchObject({
    there: false,
    why: expect.stringContaining('Other'),
  });
});

test('what nobody can be asked about is not taken for missing', async () => {
  // Another zone than the server's.
  expect(await look('other.example')).toMatchObject({
    apex: null,
    proof: { there: null, why: expect.stringContaining('DNS does not answer') },
    leads: { there: null },
  });
});
