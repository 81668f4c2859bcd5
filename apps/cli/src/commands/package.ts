import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { TARGETS } from '../package/targets.ts';
import type { PackageOptions } from '../package/command.ts';

export const registerPackage: RegisterCommand = (program, context) => {
  const command = program
    .command('package')
    .description(
      'Makes binaries of the command that need no Node and no checkout: each is one file, with all that an edge, a guard or a publisher needs. Beside them are their hashes (SHA256SUMS), the licences of what is in them, a unit of systemd, a Containerfile and a Grafana dashboard. Runtimes of other systems come from the npm registry, with the hashes of package-lock.json.',
    )
    .argument('[systems...]', `${TARGETS.map(({ name }) => name).join(', ')} (default: all)`)
    .option('--out <folder>', 'where they go', 'dist')
    .option('--json', 'print the result as JSON')
    .action(async (systems: string[], options: PackageOptions) =>
      (await import('../package/command.ts')).makePackage(systems, options, context),
    );
  examples(command, ['media package', 'media package linux --out /tmp/media']);
};
