import { guardOptions } from '@media-network/guard/config';
import { examples, rareOption } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { addDaemonOptions } from '../daemon-options.ts';
import { registerLeave } from '../register-leave.ts';
import type { GuardOptions } from '../run-guard.ts';

export const registerGuard: RegisterCommand = (program, context) => {
  const command = program
    .command('guard')
    .description(
      'Authorises resources, checks reports, keeps the books of hours and weeks. Registers itself when it is not registered yet.',
    )
    .option('--endpoint <url>', 'URL at which edges and viewers reach it (default: where it listens)')
    .option(
      '--seal-key <file>',
      'file of its X25519 key, hex (default: guard.seal in its folder, made if need be)',
    );
  rareOption(command, '--new-seal-key', 'make another seal key where that of the guard is lost');
  addDaemonOptions(command, guardOptions).action(async (options: GuardOptions) =>
    (await import('../run-guard.ts')).runGuard(options, context),
  );
  registerLeave(command, 'guard', context);
  examples(command, ['media guard --keypair guard-4 --port 10084', 'media guard leave --keypair guard-4']);
};
