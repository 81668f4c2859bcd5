import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { install } from '../install/install.ts';
import type { InstallOptions } from '../install/install.ts';

export const registerInstall: RegisterCommand = (program, context) => {
  const command = program
    .command('install')
    .description(
      'Puts "media" on your PATH as a link to this checkout, with completion for bash, zsh and fish. Nothing outside your own folders is touched.',
    )
    .option('--bin <folder>', 'folder of the link (default: ~/.local/bin)')
    .option('--uninstall', 'take link and completions away again')
    .option('--json', 'print what was done as JSON')
    .action((options: InstallOptions) => install(options, context));
  examples(command, ['media install', 'media install --uninstall']);
};
