import {
  AccountRole,
  address,
  compressTransactionMessageUsingAddressLookupTables,
  appendTransactionMessageInstructions,
  createTransactionMessage,
  generateKeyPairSigner,
  getAddressEncoder,
  getBase64EncodedWireTransaction,
  getProgramDerivedAddress,
  getSignatureFromTransaction,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from '@solana/kit';
import { getTransferSolInstruction } from '@solana-program/system';
import { expect, it } from 'vitest';
import { rawCall, startChain } from './fixture.ts';

const PROGRAM = address('AddressLookupTab1e1111111111111111111111111');
const SYSTEM = address('11111111111111111111111111111111');

const tag = (value: number): Buffer => Buffer.from([value, 0, 0, 0]);

it('makes a lookup table and runs a transaction that uses it', async () => {
  const { net, client, payer } = await startChain({ slotMs: 20 });
  try {
    const to = await generateKeyPairSigner();
    const recentSlot = await client.rpc.getSlot().send();
    const slotBytes = Buffer.alloc(8);
    slotBytes.writeBigUInt64LE(recentSlot);
    const encoder = getAddressEncoder();
    const [table, bump] = await getProgramDerivedAddress({
      programAddress: PROGRAM,
      seeds: [encoder.encode(payer.address), slotBytes],
    });
    // A table's slot must have a block, so the slot must be over.
    while (net.slot() <= recentSlot) await new Promise((resolve) => setImmediate(resolve));
    const accounts = [
      { address: table, role: AccountRole.WRITABLE },
      { address: payer.address, role: AccountRole.READONLY_SIGNER },
      { address: payer.address, role: AccountRole.WRITABLE_SIGNER },
      { address: SYSTEM, role: AccountRole.READONLY },
    ];
    const one = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
    const create = Buffer.concat([tag(0), slotBytes, Buffer.from([bump])]);
    const extend = Buffer.concat([tag(2), one, new Uint8Array(encoder.encode(to.address))]);
    await client.run(payer, [
      { programAddress: PROGRAM, accounts, data: create },
      { programAddress: PROGRAM, accounts, data: extend },
    ]);

    // Addresses of a table are good from the slot after the one they were added in.
    const added = net.slot();
    while (net.slot() <= added) await new Promise((resolve) => setImmediate(resolve));
    const { value } = await client.rpc.getLatestBlockhash().send();
    const signed = await signTransactionMessageWithSigners(
      pipe(
        createTransactionMessage({ version: 0 }),
        (m) => setTransactionMessageFeePayerSigner(payer, m),
        (m) => setTransactionMessageLifetimeUsingBlockhash(value, m),
        (m) =>
          appendTransactionMessageInstructions(
            [getTransferSolInstruction({ source: payer, destination: to.address, amount: 1_000_000_000n })],
            m,
          ),
        (m) => compressTransactionMessageUsingAddressLookupTables(m, { [table]: [to.address] }),
      ),
    );
    const sent = await rawCall(net.rpcUrl, 'sendTransaction', [
      getBase64EncodedWireTransaction(signed),
      { encoding: 'base64' },
    ]);
    expect(sent.error).toBe(undefined);
    expect(net.account(to.address)?.lamports).toBe(1_000_000_000n);
    const found = await rawCall(net.rpcUrl, 'getTransaction', [
      getSignatureFromTransaction(signed),
      { maxSupportedTransactionVersion: 0 },
    ]);
    expect(found.result).toMatchObject({
      meta: { loadedAddresses: { writable: [to.address], readonly: [] }, fee: 5000 },
    });
  } finally {
    await net.close();
  }
});
