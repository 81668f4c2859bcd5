import type { Command } from 'commander';
import { examples } from '../command.ts';
import type { CliContext } from '../command.ts';
import { acceptedReason } from './accepted.ts';
import type { Verdicts } from './verdicts.ts';

/** `media test conformance` */
export function registerConformance(test: Command, context: CliContext): void {
  const command = test
    .command('conformance')
    .description(
      'Asks a real edge everything that http-cache-tests asks an HTTP cache. Nothing required may fail; what is optional and fails has a reason.',
    )
    .option('--json', 'print the result as one JSON object')
    .action(async (options: { readonly json?: true }) => {
      const { runConformance } = await import('./conformance.ts');
      const { terminal } = context;
      const verdicts = await runConformance({ env: context.env, say: (line) => terminal.progress(line) });
      if (verdicts.required.fail > 0) context.setExitCode(1);
      if (options.json === true) terminal.json(summary(verdicts));
      else for (const line of lines(verdicts)) terminal.line(line);
    });
  examples(command, ['media test conformance', 'media test conformance --json']);
}

/** What `--json` prints; `failed` names everything that failed, required or optional. */
function summary(verdicts: Verdicts): {
  readonly required: Verdicts['required'];
  readonly optional: Verdicts['optional'];
  readonly failed: readonly string[];
} {
  const { required, optional, failures } = verdicts;
  return { required, optional, failed: failures.map(({ id }) => id) };
}

export function lines(verdicts: Verdicts): string[] {
  const { required, optional, informational, failures, unscored } = verdicts;
  return [
    ...failures.map(({ id, kind, message }) => `✗ ${kind} ${id}: ${acceptedReason(id) ?? message}`),
    ...(unscored.length === 0
      ? []
      : [`could not be asked, or hang on one that fails: ${unscored.join(', ')}`]),
    `required ${required.pass} passed, ${required.fail} failed; optional ${optional.pass} passed, ${optional.fail} failed; ` +
      `of ${informational.yes + informational.no} questions without a right answer ${informational.yes} were answered with yes`,
  ];
}
