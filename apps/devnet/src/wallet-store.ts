import { getBase58Encoder } from '@solana/kit';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createWallet } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { MediaError } from '@media-network/runtime';
import { createDurably, readIfPresent } from './durable-file.ts';

/** Keypair files in the format of the Solana CLI (a JSON array of 64 bytes), one a wallet, readable by the owner only. */
export interface WalletStore {
  readonly dir: string;
  /** Names of all wallets, sorted. */
  names(): Promise<string[]>;
  path(name: string): string;
  /** Undefined when there is no such wallet. */
  load(name: string): Promise<Signer | undefined>;
  /** The wallet of that name, made if need be. */
  ensure(name: string): Promise<Signer>;
  /** Makes a wallet. Throws `devnet/wallet-exists`. */
  create(name: string): Promise<Signer>;
  /** Keeps a copy of a keypair file. Throws `devnet/wallet-exists`, `devnet/bad-keypair`. */
  importFile(name: string, file: string): Promise<Signer>;
}

function badKeypair(path: string, why: string, cause?: unknown): MediaError {
  return new MediaError({
    code: 'devnet/bad-keypair',
    message: `${path} is not a keypair file: ${why}. A Solana CLI keypair file holds a JSON array of 64 numbers.`,
    source: 'client',
    context: { path },
    cause,
  });
}

/** The 64 bytes of a Solana CLI keypair file, or of a base58 string as wallets export it. */
function keypairBytes(path: string, text: string): Uint8Array {
  const trimmed = text.trim();
  if (/^[1-9A-HJ-NP-Za-km-z]{80,90}$/.test(trimmed))
    return new Uint8Array(getBase58Encoder().encode(trimmed));
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    // The cause would quote the file, and with it a key.
    throw badKeypair(path, 'it holds no JSON');
  }
  if (!Array.isArray(value) || value.length !== 64) throw badKeypair(path, 'it does not hold 64 numbers');
  if (!value.every((each) => Number.isInteger(each) && each >= 0 && each <= 255)) {
    throw badKeypair(path, 'its numbers are not bytes');
  }
  return Uint8Array.from(value);
}

async function walletOf(path: string, bytes: Uint8Array): Promise<Signer> {
  try {
    return await createWallet(bytes);
  } catch (error) {
    throw badKeypair(path, 'its two halves do not belong together', error);
  }
}

/**
 * Reads one keypair file.
 *
 * @throws `devnet/no-keypair` when it is missing, `devnet/bad-keypair` when it is something else.
 */
export async function readKeypairFile(path: string): Promise<Signer> {
  const content = await readIfPresent(path);
  if (content === undefined) {
    throw new MediaError({
      code: 'devnet/no-keypair',
      message: `There is no keypair file ${path}: make a wallet with "media wallet new", or name another file with --keypair.`,
      source: 'client',
      context: { path },
    });
  }
  return walletOf(path, keypairBytes(path, content.toString('utf8')));
}

/** Seed, then public key: what the Solana CLI writes. */
async function newKeypairBytes(): Promise<Uint8Array> {
  const seed = randomBytes(32);
  const wallet = await createWallet(seed);
  const raw = await crypto.subtle.exportKey('raw', wallet.keyPair.publicKey);
  return Buffer.concat([seed, new Uint8Array(raw)]);
}

export function createWalletStore(dir: string): WalletStore {
  function path(name: string): string {
    if (!/^[a-z0-9][a-z0-9_-]{0,63}$/i.test(name)) {
      throw new MediaError({
        code: 'devnet/bad-wallet-name',
        message: `"${name}" cannot be the name of a wallet: use letters, digits, - and _, at most 64.`,
        source: 'client',
      });
    }
    return join(resolve(dir), `${name}.json`);
  }

  async function load(name: string): Promise<Signer | undefined> {
    const content = await readIfPresent(path(name));
    return content === undefined
      ? undefined
      : walletOf(path(name), keypairBytes(path(name), content.toString('utf8')));
  }

  async function write(name: string, bytes: Uint8Array): Promise<boolean> {
    return createDurably(path(name), JSON.stringify([...bytes]), 0o600);
  }

  function exists(name: string): MediaError {
    return new MediaError({
      code: 'devnet/wallet-exists',
      message: `There is a wallet "${name}" already, and no key is ever overwritten: choose another name.`,
      source: 'client',
      context: { path: path(name) },
    });
  }

  async function add(name: string, bytes: Uint8Array): Promise<Signer> {
    const wallet = await walletOf(path(name), bytes);
    if (!(await write(name, bytes))) throw exists(name);
    return wallet;
  }

  return {
    dir: resolve(dir),
    path,
    load,
    async names() {
      const files = await readdir(dir).catch(() => []);
      return files
        .filter((file) => file.endsWith('.json'))
        .map((file) => file.slice(0, -'.json'.length))
        .sort();
    },
    async ensure(name) {
      const found = await load(name);
      if (found !== undefined) return found;
      const bytes = await newKeypairBytes();
      // Somebody else may have been faster; then theirs is the wallet.
      if (await write(name, bytes)) return createWallet(bytes);
      const theirs = await load(name);
      if (theirs === undefined) throw badKeypair(path(name), 'it vanished');
      return theirs;
    },
    create: async (name) => add(name, await newKeypairBytes()),
    async importFile(name, file) {
      const content = await readIfPresent(file);
      if (content === undefined) throw badKeypair(file, 'there is no such file');
      return add(name, keypairBytes(file, content.toString('utf8')));
    },
  };
}
