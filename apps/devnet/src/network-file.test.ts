import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { address } from '@solana/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readNetworkFile, writeNetworkFile } from './network-file.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'network-file-'));
});
afterEach(() => rm(dir, { recursive: true }));

const network = {
  rpcUrl: 'http://127.0.0.1:17899',
  wsUrl: null,
  programId: address('11111111111111111111111111111111'),
  quoteMint: null,
};
const origin = { kind: 'own', url: 'http://127.0.0.1:3000' } as const;
const ports = { edge: 17_080, rpc: 17_899 };

it('keeps ports and origin where they are not written again', async () => {
  expect(await readNetworkFile(dir)).toBeUndefined();
  await writeNetworkFile(dir, { ...network, ports });
  await writeNetworkFile(dir, { ...network, origin });
  await writeNetworkFile(dir, network);
  expect(await readNetworkFile(dir)).toEqual({ ...network, origin, ports });
  const other = { edge: 20_000, rpc: 20_500 };
  await writeNetworkFile(dir, { ...network, ports: other });
  expect(await readNetworkFile(dir)).toEqual({ ...network, origin, ports: other });
});

it.each([null, 7, {}, { edge: 0, rpc: 8_899 }, { edge: '8080', rpc: 8_899 }, { edge: 8_080, rpc: 65_536 }])(
  'takes %j for no ports',
  async (value) => {
    await writeNetworkFile(dir, network);
    const path = join(dir, 'network.json');
    const file = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...file, ports: value }));
    expect(await readNetworkFile(dir)).toMatchObject({ ports: null });
  },
);
