import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { getTransferSolInstruction } from '@solana-program/system';
import {
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  lamports,
} from '@solana/kit';
import type { Address, KeyPairSigner, Signature } from '@solana/kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kitClient } from './fixture.ts';
import type { KitClient } from './fixture.ts';

const ROUNDS = 6;
const WORKERS = 8;
const BASE = 1_000_000n;

interface RunningChain {
  readonly child: ChildProcess;
  readonly client: KitClient;
  readonly genesisHash: string;
}

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'localnet-kill-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Small logs, so that rotations and snapshots are killed too. */
const ROTATE_BYTES = 60_000;

async function start(): Promise<RunningChain> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'chain-process.ts'), dir, String(ROTATE_BYTES)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const urls = JSON.parse(line) as { rpcUrl: string; wsUrl: string; genesisHash: string };
  return { child, client: kitClient(urls), genesisHash: urls.genesisHash };
}

async function kill({ child }: RunningChain): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Sends transfers, each of its own amount, until the chain dies; notes those whose confirmation arrived. */
async function work(
  client: KitClient,
  payer: KeyPairSigner,
  to: Address,
  next: () => bigint,
  confirmed: (s: Signature) => void,
): Promise<void> {
  for (;;) {
    try {
      const transaction = await client.sign(payer, [
        getTransferSolInstruction({ source: payer, destination: to, amount: next() }),
      ]);
      await client.rpc
        .sendTransaction(getBase64EncodedWireTransaction(transaction), { encoding: 'base64' })
        .send();
      const signature = getSignatureFromTransaction(transaction);
      const { value } = await client.rpc.getSignatureStatuses([signature]).send();
      if (value[0]?.confirmationStatus === 'finalized') confirmed(signature);
    } catch {
      return; // the chain is gone
    }
  }
}

async function allSignatures(client: KitClient, address: Address): Promise<Signature[]> {
  const found: Signature[] = [];
  for (;;) {
    const before = found.at(-1);
    const page = await client.rpc
      .getSignaturesForAddress(address, { limit: 1000, ...(before && { before }) })
      .send();
    found.push(...page.map((p) => p.signature));
    if (page.length < 1000) return found;
  }
}

it('loses no confirmed transaction by kill -9 at any moment', { timeout: 60_000 }, async () => {
  const confirmed = new Set<Signature>();
  const [payer, to] = await Promise.all([generateKeyPairSigner(), generateKeyPairSigner()]);
  const funds = 1_000_000_000_000n;
  let counter = 0n;
  let genesisHash: string | undefined;
  for (let round = 0; round < ROUNDS; round += 1) {
    const chain = await start();
    genesisHash ??= chain.genesisHash;
    expect(chain.genesisHash).toBe(genesisHash);
    if (round === 0) await chain.client.rpc.requestAirdrop(payer.address, lamports(funds)).send();
    // Killed when a random number of confirmations is in, with the other workers' transactions under way.
    let left = 20 + Math.floor(Math.random() * 60);
    const enough = Promise.withResolvers<void>();
    const workers = Array.from({ length: WORKERS }, () =>
      work(
        chain.client,
        payer,
        to.address,
        () => BASE + (counter += 1n),
        (signature) => {
          confirmed.add(signature);
          left -= 1;
          if (left === 0) enough.resolve();
        },
      ),
    );
    await enough.promise;
    await kill(chain);
    await Promise.all(workers);
  }

  const { client, child } = await start();
  try {
    expect(confirmed.size).toBeGreaterThanOrEqual(ROUNDS * 20);
    const landed = await allSignatures(client, to.address);
    const known = new Set(landed);
    expect([...confirmed].filter((signature) => !known.has(signature))).toEqual([]);
    expect(known.size).toBe(landed.length);
    let moved = 0n;
    let fees = 0n;
    for (const signature of landed) {
      const found = await client.rpc
        .getTransaction(signature, { maxSupportedTransactionVersion: 0, encoding: 'json' })
        .send();
      if (!found?.meta) throw new Error(`no metadata of ${signature}`);
      const { meta } = found;
      moved += (meta.postBalances[1] ?? 0n) - (meta.preBalances[1] ?? 0n);
      fees += meta.fee;
    }
    expect((await client.rpc.getBalance(to.address).send()).value).toBe(moved);
    expect((await client.rpc.getBalance(payer.address).send()).value).toBe(funds - moved - fees);
  } finally {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
});
