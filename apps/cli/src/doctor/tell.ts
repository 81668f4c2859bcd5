import type { CliContext } from '../command.ts';
import { describeFailure } from '../failure.ts';
import { bad } from './finding.ts';
import type { Finding } from './finding.ts';

/** Says findings as they come, and what they come to in the end. */
export interface Telling {
  /** A look that itself fails is a finding too, and no reason to look no further. */
  readonly look: (about: string, at: () => Promise<readonly Finding[]>) => Promise<void>;
  readonly tell: (findings: readonly Finding[]) => void;
  /** Exit code 1 where something is wrong. */
  readonly end: () => void;
}

export function createTelling(options: { readonly json?: true }, context: CliContext): Telling {
  const { terminal, invocation } = context;
  const { style } = terminal;
  const all: Finding[] = [];
  const MARKS = { good: style.green('✓'), warning: style.yellow('!'), bad: style.red('✗') } as const;

  function tell(findings: readonly Finding[]): void {
    for (const given of findings) {
      const finding = {
        ...given,
        text: invocation.rewrite(given.text),
        hint: invocation.rewrite(given.hint),
      };
      all.push(finding);
      if (options.json === true) continue;
      terminal.line(`${MARKS[finding.state]} ${finding.about.padEnd(11)} ${finding.text}`);
      if (finding.hint !== '') terminal.line(`  ${' '.repeat(11)} ${style.dim('→')} ${finding.hint}`);
    }
  }

  return {
    tell,
    async look(about, at) {
      try {
        tell(await at());
      } catch (error) {
        const { message, hint } = describeFailure(error);
        tell([bad(about, message, hint)]);
      }
    },
    end() {
      const wrong = all.filter(({ state }) => state === 'bad').length;
      const warnings = all.filter(({ state }) => state === 'warning').length;
      if (wrong > 0) context.setExitCode(1);
      if (options.json === true) {
        terminal.json({ ok: wrong === 0, wrong, warnings, findings: all });
        return;
      }
      terminal.line();
      terminal.line(
        wrong === 0
          ? style.green(`Nothing is wrong${warnings === 0 ? '' : `; ${warnings} to look at`}.`)
          : style.red(
              `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong: put right what is marked so; an arrow says how.`,
            ),
      );
    },
  };
}
