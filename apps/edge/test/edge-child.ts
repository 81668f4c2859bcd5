import { writeSync } from 'node:fs';
import { fromHex } from '@media-network/protocol';
import { silentLog } from '@media-network/runtime';
import { address, createKeyPairSignerFromPrivateKeyBytes } from '@solana/kit';
import { createEdge, parseEdgeConfig } from '../src/index.ts';
import { createFakeChain } from './fake-chain.ts';

/** An edge in a process of its own, to be killed: the chain is in memory, everything else is real. Prints its port. */
const [dir = '', facts = '{}'] = process.argv.slice(2);
const named = new Map<string, unknown>(Object.entries(JSON.parse(facts) ?? {}));
const text = (name: string): string => {
  const value = named.get(name);
  return typeof value === 'string' ? value : '';
};
const seed = fromHex(text('operator'), 32) ?? new Uint8Array(32);
const operator = await createKeyPairSignerFromPrivateKeyBytes(seed);
const chain = createFakeChain(
  operator.address,
  operator.address,
  { epochZero: Number(text('epochZero')) },
  address(text('edge')),
);
chain.vouchKey = address(text('vouchKey'));
chain.guardList = [{ no: 7, operator: address(text('guardOperator')), endpoint: text('guard') }];
chain.addResource(fromHex(text('settings')), { address: address(text('resource')) });
const config = parseEdgeConfig({
  flags: { port: 0, controlPort: 0, dir, ramBytes: '32M', diskBytes: '64M' },
});
const edge = await createEdge(config, { operator }, { chain, log: silentLog });
writeSync(1, `port ${edge.port}\n`);
