import { MediaError } from '@media-network/runtime';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { CATALOGUE } from '../errors/catalogue.ts';
import { nearest } from '../usage.ts';

interface Options {
  readonly json?: true;
}

function explain(code: string | undefined, options: Options, context: CliContext): void {
  const { terminal, invocation } = context;
  if (code === undefined) {
    const all = [...CATALOGUE].map(([each, [meaning, remedy]]) => ({
      code: each,
      meaning,
      remedy: invocation.rewrite(remedy),
    }));
    if (options.json === true) for (const each of all) terminal.json(each);
    else for (const each of all) terminal.line(`${each.code.padEnd(32)} ${each.meaning}`);
    return;
  }
  const entry = CATALOGUE.get(code.toLowerCase());
  if (entry === undefined) {
    const near = nearest(code, [...CATALOGUE.keys()]);
    throw new MediaError({
      code: 'cli/unknown-code',
      message: `There is no error code "${code}".`,
      hint: `${near === undefined ? '' : `Did you mean ${near}? `}"media explain" lists all.`,
      source: 'client',
    });
  }
  const [meaning, remedyText] = entry;
  const remedy = invocation.rewrite(remedyText);
  if (options.json === true) terminal.json({ code: code.toLowerCase(), meaning, remedy });
  else terminal.line(`${code.toLowerCase()}\n  ${meaning}\n  ${remedy}`);
}

export const registerExplain: RegisterCommand = (program, context) => {
  const command = program
    .command('explain')
    .argument('[code]', 'such as edge/origin-timeout; all of them without')
    .description('Says what an error code means and what to do about it.')
    .option('--json', 'print it as JSON, one code a line')
    .action((code: string | undefined, options: Options) => explain(code, options, context));
  examples(command, ['media explain edge/origin-timeout', 'media explain --json']);
};
