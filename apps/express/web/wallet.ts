/** What of the Wallet Standard is used here: connecting, and signing a message. */
export interface Wallet {
  readonly name: string;
  readonly accounts: readonly WalletAccount[];
  readonly features: Readonly<Record<string, unknown>>;
}

export interface WalletAccount {
  readonly address: string;
  readonly publicKey: Uint8Array;
}

interface Connect {
  connect(): Promise<{ readonly accounts: readonly WalletAccount[] }>;
}
interface SignMessage {
  signMessage(input: {
    readonly account: WalletAccount;
    readonly message: Uint8Array;
  }): Promise<readonly { readonly signature: Uint8Array }[]>;
}

const wallets = new Set<Wallet>();
const register = (...found: readonly Wallet[]): (() => void) => {
  for (const each of found) wallets.add(each);
  return () => {
    for (const each of found) wallets.delete(each);
  };
};

/** Wallets and pages find each other by two events, whoever comes first. */
window.addEventListener('wallet-standard:register-wallet', (event) => {
  if (event instanceof CustomEvent && typeof event.detail === 'function')
    (event.detail as (api: { readonly register: typeof register }) => void)({ register });
});
window.dispatchEvent(new CustomEvent('wallet-standard:app-ready', { detail: { register } }));

/** Those that can sign in here. */
export const walletsFound = (): readonly Wallet[] =>
  [...wallets].filter(({ features }) => 'standard:connect' in features && 'solana:signMessage' in features);

export async function connect(wallet: Wallet): Promise<WalletAccount | undefined> {
  // What a wallet says it has under this name has this shape, by the standard.
  const { accounts } = await (wallet.features['standard:connect'] as Connect).connect();
  return accounts[0];
}

export async function signMessage(
  wallet: Wallet,
  account: WalletAccount,
  message: string,
): Promise<Uint8Array | undefined> {
  const [signed] = await (wallet.features['solana:signMessage'] as SignMessage).signMessage({
    account,
    message: new TextEncoder().encode(message),
  });
  return signed?.signature;
}
