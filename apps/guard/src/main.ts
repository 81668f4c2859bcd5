import { createWallet } from '@media-network/chain';
import { runDaemon } from '@media-network/runtime/daemon';
import { guardOptions, parseGuardConfig } from './config.ts';
import { createGuard } from './guard.ts';

/** `node src/main.ts --keypair operator.json --seal-key seal.json [options]`: a guard until SIGTERM or SIGINT. */
await runDaemon({
  name: 'guard',
  doc: 'Media Guard: authorises resources, judges reports, settles hours and weeks.',
  options: guardOptions,
  keys: [
    { flag: 'keypair', env: 'MEDIA_GUARD_KEYPAIR', help: 'Operator key, as the Solana CLI writes it.' },
    { flag: 'seal-key', env: 'MEDIA_GUARD_SEAL_KEY', help: 'X25519 private key, a JSON array of 32 bytes.' },
  ],
  async start(sources, keys) {
    const operator = await createWallet(keys.keypair.reveal());
    const guard = await createGuard(parseGuardConfig(sources), { operator, sealKey: keys['seal-key'] });
    return { banner: `${guard.url} guard ${guard.address} no ${guard.no}`, close: () => guard.close() };
  },
});
