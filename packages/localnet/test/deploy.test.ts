import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { address, generateKeyPairSigner, getSignatureFromTransaction } from '@solana/kit';
import type { Address, KeyPairSigner } from '@solana/kit';
import { LiteSVM } from 'litesvm';
import { silentLog, systemClock } from '@media-network/runtime';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLocalnet } from '../src/index.ts';
import { kitClient, startChain } from './fixture.ts';
import type { KitClient } from './fixture.ts';
import { deploy, upgrade, writeBuffer } from './loader.ts';

/** The VM's bundled memo program serves as a program to deploy: it logs what it is given. */
function memoElf(): Uint8Array {
  const account = new LiteSVM().getAccount(address('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr'));
  if (!account.exists) throw new Error('the VM has no memo program');
  return new Uint8Array(account.data);
}

/** A build that differs in one word of its log, so that it is seen which one runs. */
function patchedElf(elf: Uint8Array): Uint8Array {
  const patched = Buffer.from(elf);
  const at = patched.indexOf('Memo');
  if (at === -1) throw new Error('the memo program has changed its words');
  patched.write('Note', at);
  return new Uint8Array(patched);
}

async function logsOf(client: KitClient, payer: KeyPairSigner, program: Address): Promise<readonly string[]> {
  const sent = await client.run(payer, [
    { programAddress: program, data: Buffer.from(`hello ${Math.random()}`) },
  ]);
  const found = await client.rpc
    .getTransaction(getSignatureFromTransaction(sent), {
      maxSupportedTransactionVersion: 0,
      encoding: 'json',
    })
    .send();
  return found?.meta?.logMessages ?? [];
}

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'localnet-deploy-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('runs a program deployed and upgraded by transactions, also after a restart', async () => {
  const elf = memoElf();
  const program = await generateKeyPairSigner();
  const { net, client, payer } = await startChain({ dir, slotMs: 20 });
  try {
    const buffer = await generateKeyPairSigner();
    await writeBuffer(client, payer, buffer, elf);
    await deploy(client, payer, program, buffer.address, elf.length + 64);
    expect((await logsOf(client, payer, program.address)).join('\n')).toContain('Memo (len');

    const second = await generateKeyPairSigner();
    await writeBuffer(client, payer, second, patchedElf(elf));
    await upgrade(client, payer, program.address, second.address);
    expect((await logsOf(client, payer, program.address)).join('\n')).toContain('Note (len');
  } finally {
    await net.close();
  }

  const again = await createLocalnet({ clock: systemClock, log: silentLog }, { dir });
  try {
    expect((await logsOf(kitClient(again), payer, program.address)).join('\n')).toContain('Note (len');
  } finally {
    await again.close();
  }
});

it('shows genesis programs as executable accounts of the upgradeable loader', async () => {
  const program = await generateKeyPairSigner();
  const authority = await generateKeyPairSigner();
  const { net, client, payer } = await startChain({
    programs: [{ address: program.address, bytes: memoElf(), upgradeAuthority: authority.address }],
  });
  try {
    const { value } = await client.rpc.getAccountInfo(program.address, { encoding: 'base64' }).send();
    expect(value?.executable).toBe(true);
    expect(value?.owner).toBe('BPFLoaderUpgradeab1e11111111111111111111111');
    expect((await logsOf(client, payer, program.address)).join('\n')).toContain('Memo (len');
  } finally {
    await net.close();
  }
});

it('lets the authority of a genesis program upgrade it', async () => {
  const elf = memoElf();
  const program = await generateKeyPairSigner();
  const authority = await generateKeyPairSigner();
  const { net, client } = await startChain({
    slotMs: 20,
    programs: [{ address: program.address, bytes: elf, upgradeAuthority: authority.address }],
  });
  try {
    await net.airdrop(authority.address, 10_000_000_000n);
    const buffer = await generateKeyPairSigner();
    await writeBuffer(client, authority, buffer, patchedElf(elf));
    await upgrade(client, authority, program.address, buffer.address);
    expect((await logsOf(client, authority, program.address)).join('\n')).toContain('Note (len');
  } finally {
    await net.close();
  }
});
