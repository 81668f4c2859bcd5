import { getAddressDecoder } from '@solana/addresses';
import type { Address } from '@solana/addresses';
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Signer } from '@media-network/chain';
import { MediaError } from '@media-network/runtime';
import { createDurably, readIfPresent } from '@media-network/runtime/durable-file';

/** Keypair files in the format of the Solana CLI (a JSON array of 64 bytes), one a wallet, readable by the owner only. */
export interface WalletStore {
  readonly dir: string;
  /** Names of all wallets, sorted. */
  names(): Promise<string[]>;
  path(name: string): string;
  /** Undefined when there is no such wallet. */
  load(name: string): Promise<Signer | undefined>;
  /** Its address alone, checked as `load` does, without loading what signs. Undefined when there is no such wallet. */
  addressOf(name: string): Promise<Address | undefined>;
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
async function keypairBytes(path: string, content: Buffer): Promise<Uint8Array> {
  const trimmed = content.toString('utf8').trim();
  if (/^[1-9A-HJ-NP-Za-km-z]{80,90}$/.test(trimmed)) {
    const { getBase58Encoder } = await import('@solana/kit');
    return new Uint8Array(getBase58Encoder().encode(trimmed));
  }
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

const NO_PAIR = 'its two halves do not belong together';

/** What signs comes with the whole client of the chain, so it is loaded by whoever needs a key. */
async function walletFrom(bytes: Uint8Array): Promise<Signer> {
  const { createWallet } = await import('@media-network/chain');
  return createWallet(bytes);
}

async function walletOf(path: string, bytes: Uint8Array): Promise<Signer> {
  try {
    return await walletFrom(bytes);
  } catch (error) {
    throw badKeypair(path, NO_PAIR, error);
  }
}

/** An Ed25519 private key in PKCS #8 is these bytes and its seed (RFC 8410, section 7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The public key of a seed, 32 bytes. */
function publicKeyOf(seed: Uint8Array): Buffer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
  // The end of the SPKI form is the key itself.
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
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
  return walletOf(path, await keypairBytes(path, content));
}

/** Seed, then public key: what the Solana CLI writes. */
function newKeypairBytes(): Uint8Array {
  const seed = randomBytes(32);
  return Buffer.concat([seed, publicKeyOf(seed)]);
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
    return content === undefined ? undefined : walletOf(path(name), await keypairBytes(path(name), content));
  }

  async function addressOf(name: string): Promise<Address | undefined> {
    const content = await readIfPresent(path(name));
    if (content === undefined) return undefined;
    const bytes = await keypairBytes(path(name), content);
    const publicKey = publicKeyOf(bytes.subarray(0, 32));
    if (!publicKey.equals(bytes.subarray(32))) throw badKeypair(path(name), NO_PAIR);
    return getAddressDecoder().decode(publicKey);
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
    addressOf,
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
      const bytes = newKeypairBytes();
      // Somebody else may have been faster; then theirs is the wallet.
      if (await write(name, bytes)) return walletFrom(bytes);
      const theirs = await load(name);
      if (theirs === undefined) throw badKeypair(path(name), 'it vanished');
      return theirs;
    },
    create: (name) => add(name, newKeypairBytes()),
    async importFile(name, file) {
      const content = await readIfPresent(file);
      if (content === undefined) throw badKeypair(file, 'there is no such file');
      return add(name, await keypairBytes(file, content));
    },
  };
}
