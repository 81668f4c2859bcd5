import { Argument } from 'commander';
import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { SHELLS, candidates, completionScript } from '../install/completion.ts';
import type { Shell } from '../install/completion.ts';

export const registerCompletion: RegisterCommand = (program, context) => {
  const command = program
    .command('completion')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .description('Prints the completion script of a shell; "media install" puts it in its place.')
    .option('--json', 'print it as JSON')
    .action((shell: Shell, options: { readonly json?: true }) => {
      const script = completionScript(shell);
      if (options.json === true) context.terminal.json({ shell, script });
      else context.terminal.line(script.trimEnd());
    });
  examples(command, ['media completion bash', 'media completion fish']);
};

/** What the scripts call: the candidates for the next word, one a line with its explanation behind a tab. */
export const registerComplete: RegisterCommand = (program, context) => {
  const command = program
    .command('complete')
    .argument('[words...]', 'the words of the command line so far')
    .description('Lists what can stand next on a command line, for completion scripts.')
    .option('--json', 'print them as JSON')
    .action(async (words: string[], options: { readonly json?: true }) => {
      const found = await candidates(words, context);
      if (options.json === true) context.terminal.json(found);
      else for (const { word, doc } of found) context.terminal.line(`${word}\t${doc.split('\n')[0]}`);
    });
  examples(command, ['media complete -- wallet']);
};
