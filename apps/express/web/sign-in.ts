import { button, fill, h, notice } from '@media-network/ui';
import { ask, wordsOf } from './api.ts';
import { text } from './site.ts';
import { connect, signMessage, walletsFound } from './wallet.ts';
import type { Wallet } from './wallet.ts';

const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Signs in with a wallet, and loads the page anew. Throws what the wallet or the server says. */
async function signInWith(wallet: Wallet): Promise<void> {
  const account = await connect(wallet);
  if (account === undefined) throw new Error(text('walletRefused'));
  const { nonce, message } = await ask<{ readonly nonce: string; readonly message: string }>(
    'POST',
    '/sign-in/begin',
    { address: account.address },
  );
  const signature = await signMessage(wallet, account, message);
  if (signature === undefined) throw new Error(text('walletRefused'));
  await ask('POST', '/sign-in/complete', { nonce, signature: hexOf(signature) });
  location.reload();
}

/** Lets whoever looks choose one of their wallets. */
export function openSignIn(): void {
  const wallets = walletsFound();
  const said = h('div', { 'aria-live': 'polite' });
  const dialog = h('dialog', { 'aria-labelledby': 'sign-in' });
  const choice = (wallet: Wallet): HTMLElement =>
    button(wallet.name, {
      kind: 'primary',
      async press() {
        try {
          await signInWith(wallet);
        } catch (error) {
          fill(said, notice(text('failed', { why: wordsOf(error) }), 'bad'));
        }
      },
    });
  fill(
    dialog,
    h(
      'div',
      { class: 'stack' },
      h('h2', { id: 'sign-in' }, text('chooseWallet')),
      h('p', { class: 'soft' }, text('signInAbout')),
      wallets.length === 0 ? notice(text('noWallet')) : wallets.map((wallet) => choice(wallet)),
      said,
      button(text('no'), { kind: 'quiet', press: () => dialog.close() }),
    ),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
