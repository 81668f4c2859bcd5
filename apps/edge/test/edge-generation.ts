import { fork } from 'node:child_process';
import { readFileSync, writeSync } from 'node:fs';
import { fromHex } from '@media-network/protocol';
import { createLog } from '@media-network/runtime';
import { address, createKeyPairSignerFromPrivateKeyBytes } from '@solana/kit';
import {
  SUCCESSOR_VARIABLE,
  createEdge,
  createGenerations,
  openGenerationLine,
  parseEdgeConfig,
} from '../src/index.ts';
import { createFakeChain } from './fake-chain.ts';

/**
 * An edge as `media edge` runs it, with a chain in memory: SIGUSR2 lets a new generation take over, SIGHUP turns the chain's
 * clock to the next sample. Prints its ports once, and what became of each upgrade. What it is told is read anew by every generation.
 */
const [dir = '', factsPath = ''] = process.argv.slice(2);
const facts: unknown = JSON.parse(readFileSync(factsPath, 'utf8'));
const named = new Map<string, unknown>(Object.entries(facts ?? {}));
const text = (name: string): string => {
  const value = named.get(name);
  return typeof value === 'string' ? value : '';
};
const say = (what: object): void => void writeSync(1, `${JSON.stringify(what)}\n`);

const line = await openGenerationLine(process.env);
try {
  if (named.get('broken') === true) throw new Error('this code is broken');
  const seed = fromHex(text('operator'), 32) ?? new Uint8Array(32);
  const operator = await createKeyPairSignerFromPrivateKeyBytes(seed);
  const chain = createFakeChain(
    operator.address,
    operator.address,
    { epochZero: Number(named.get('epochZero')) },
    address(text('edge')),
  );
  chain.vouchKey = address(text('vouchKey'));
  if (text('wallet') !== '') chain.publisher = address(text('wallet'));
  chain.guardList = [{ no: 7, operator: address(text('guardOperator')), endpoint: text('guard') }];
  chain.guardAccounts.set(7, address(text('guardAccount')));
  chain.addResource(fromHex(text('settings')), { address: address(text('resource')) });
  process.on('SIGHUP', () => chain.advance(chain.periods.sampleSecs * 1000));
  const config = parseEdgeConfig({
    flags: {
      port: line?.predecessor.places.find(({ listener }) => listener === 'http')?.port ?? 0,
      httpsPort: line?.predecessor.places.find(({ listener }) => listener === 'https')?.port ?? 0,
      controlPort: line?.predecessor.control.port ?? 0,
      dir,
      ramBytes: '32M',
      diskBytes: '256M',
      ...Object.fromEntries(Object.entries(named.get('config') ?? {})),
    },
  });
  const log = createLog('edge', { level: 'warn' });
  const edge = await createEdge(
    config,
    { operator },
    { chain, log, ...(line === undefined ? {} : { predecessor: line.predecessor, main: line.main }) },
  );
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.abort());
  const ended = new Promise<void>((resolve) =>
    ending.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  if (line === undefined) {
    const generations = createGenerations({
      edge,
      log,
      start: () =>
        fork(process.argv[1] ?? '', process.argv.slice(2), {
          env: { ...process.env, [SUCCESSOR_VARIABLE]: String(process.pid) },
          serialization: 'advanced',
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        }),
    });
    process.on('SIGUSR2', () => {
      void generations.upgrade().then(
        (outcome) => say({ upgrade: outcome }),
        (error: unknown) => say({ refused: String(error) }),
      );
    });
    say({ port: edge.port, httpsPort: edge.httpsPort, controlUrl: edge.controlUrl });
    await Promise.race([ended, generations.lost]);
    await generations.close();
  } else {
    // One that fails only once it has the books.
    if (named.get('failsLate') === true) throw new Error('this code fails late');
    process.on('SIGUSR2', () => undefined);
    await line.up(edge);
    await Promise.race([ended, line.ended]);
    await edge.close();
  }
  process.exit(0);
} catch (error) {
  await line?.failed(error);
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
}
