/** A wallet of the Wallet Standard in the page: an Ed25519 key that signs what it is asked to. Added before the page's own scripts. */
export const PAGE_WALLET = `(() => {
  const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  const base58 = (bytes) => {
    let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    let text = '';
    for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
    for (const byte of bytes) { if (byte !== 0) break; text = '1' + text; }
    return text;
  };
  const ready = crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']).then(async (pair) => {
    const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    return { pair, account: { address: base58(publicKey), publicKey, chains: ['solana:mainnet'], features: ['solana:signMessage'] } };
  });
  const wallet = {
    version: '1.0.0', name: 'Test Wallet', icon: 'data:image/svg+xml,', chains: ['solana:mainnet'], accounts: [],
    features: {
      'standard:connect': { version: '1.0.0', async connect() { return { accounts: [(await ready).account] }; } },
      'solana:signMessage': { version: '1.1.0', async signMessage({ message }) {
        window.walletShowed = new TextDecoder().decode(message);
        const { pair } = await ready;
        return [{ signedMessage: message, signature: new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, message)) }];
      } },
    },
  };
  const register = ({ register }) => register(wallet);
  window.addEventListener('wallet-standard:app-ready', (event) => register(event.detail));
  window.dispatchEvent(new CustomEvent('wallet-standard:register-wallet', { detail: register }));
})()`;
