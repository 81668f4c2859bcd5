import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { VERBS, readRules } from '@media-network/rules';
import { MediaError, errorMessage } from '@media-network/runtime';
import { connect } from '../connection.ts';
import type { CliContext } from '../command.ts';
import { findResource, labelOf } from './find.ts';
import { requireSettings } from './open-settings.ts';
import type { ShowOptions } from './show.ts';

export interface RuleOptions {
  readonly rule?: readonly string[];
  readonly removeRule?: readonly string[];
  /** File with all rules, or - for standard input. */
  readonly rules?: string;
}

function badRule(message: string, hint: string): MediaError {
  return new MediaError({ code: 'cli/bad-rule', message, hint, source: 'client' });
}

/** Rules of a file: one a line, without empty lines and what begins with #. */
function ruleLines(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The options with the file read. */
export async function readRuleFile<Options extends RuleOptions>(
  options: Options,
): Promise<Options & { readonly ruleList?: readonly string[] }> {
  const { rules } = options;
  if (rules === undefined) return options;
  try {
    return {
      ...options,
      ruleList: ruleLines(rules === '-' ? await readAll(process.stdin) : await readFile(rules, 'utf8')),
    };
  } catch (error) {
    throw badRule(
      `${rules} cannot be read: ${errorMessage(error)}.`,
      'Name a file with one rule a line, or - for standard input.',
    );
  }
}

/** The rules of the settings after what the options replace, take away and add, in this order. Throws where one is none. */
export function rulesAfter(
  before: readonly string[],
  options: RuleOptions & { readonly ruleList?: readonly string[] },
): readonly string[] {
  const all = [...(options.ruleList ?? before)];
  for (const text of options.removeRule ?? []) {
    const at = /^\d+$/.test(text) ? Number(text) - 1 : all.indexOf(text.trim());
    // By the numbers that "resource rules" shows: those of before.
    const line = /^\d+$/.test(text) ? before[at] : all[at];
    const found = line === undefined ? -1 : all.indexOf(line);
    if (found === -1)
      throw badRule(
        `The resource has no rule ${/^\d+$/.test(text) ? `with the number ${text}` : `"${text}"`}.`,
        '"media resource rules 1" lists its rules with their numbers.',
      );
    all.splice(found, 1);
  }
  for (const text of options.rule ?? []) {
    const line = text.trim();
    if (!all.includes(line)) all.push(line);
  }
  const read = readRules(all);
  if (read.kind === 'wrong')
    throw badRule(read.why, '"media resource rules" shows every kind of rule, with examples.');
  return all;
}

/** Shows the rules of a resource, or, without one, which rules there are. */
export async function showRules(
  which: string | undefined,
  options: ShowOptions,
  context: CliContext,
): Promise<void> {
  const { terminal } = context;
  if (which === undefined) {
    if (options.json === true)
      terminal.json(VERBS.map(({ name, usage, says, examples }) => ({ name, usage, says, examples })));
    else for (const line of verbLines()) terminal.line(line);
    return;
  }
  const connection = await connect(options, context);
  const resource = await findResource(connection, which);
  const { settings } = await requireSettings(connection, resource, options, context);
  const rules = settings.rules ?? [];
  if (options.json === true) {
    terminal.json({ resource: resource.address, label: labelOf(resource), rules });
    return;
  }
  if (rules.length === 0) {
    terminal.line('no rules');
    terminal.note(`"media resource update ${labelOf(resource)} --rule 'cache /assets/* ttl=30d'" adds one.`);
    return;
  }
  const width = String(rules.length).length;
  for (const [i, rule] of rules.entries()) terminal.line(`${String(i + 1).padStart(width)}  ${rule}`);
}

function verbLines(): readonly string[] {
  return VERBS.flatMap(({ usage, says, examples }, i) => [
    ...(i === 0 ? [] : ['']),
    usage,
    `    ${says}`,
    ...examples.map((example) => `      ${example}`),
  ]);
}
