import type * as Audits from '@media-network/audit';
import type { Audit, AuditDeps } from '@media-network/audit';
import type { MediaClient } from '@media-network/chain';
import { toHex } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import { figureLines } from '../audit-figures.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions } from '../chain-options.ts';
import { addressOf, connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';

interface AuditOptions extends ChainOptions {
  readonly from?: string[];
}

/** The edge account that is meant: its own address, or the name or address of the wallet that owns it. */
export async function edgeOf(
  which: string,
  client: MediaClient,
  options: ChainOptions,
  context: CliContext,
): Promise<Address> {
  const given = await addressOf(which, options, context);
  const owned = await client.edge(given);
  return owned === null ? given : owned.address;
}

export function parseIndex(text: string, name: string): bigint {
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw new MediaError({
    code: 'cli/bad-index',
    message: `${name} must be a whole number, not "${text}": "media status" shows the current one.`,
    source: 'client',
  });
}

/** What recomputes, loaded by whoever does: help does without. */
async function auditing(
  options: AuditOptions,
  context: CliContext,
): Promise<typeof Audits & { readonly client: MediaClient; readonly deps: AuditDeps }> {
  const { client } = await connect(options, context);
  const { auditDeps } = await import('../audit-deps.ts');
  return { ...(await import('@media-network/audit')), client, deps: auditDeps(client, options.from) };
}

/** What JSON cannot hold as such. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, each]) => [String(key), plain(each)]));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  }
  return value;
}

function print(subject: string, audit: Audit<object>, options: ChainOptions, context: CliContext): void {
  const { terminal } = context;
  if (!audit.agrees) context.setExitCode(1);
  if (options.json === true) {
    terminal.json({ subject, ...audit, figures: plain(audit.figures) });
    return;
  }
  for (const line of figureLines(audit.figures, terminal.style)) terminal.line(line);
  for (const each of audit.differences) {
    terminal.line(
      terminal.style.red(
        `  ${each.what}: the chain says ${each.onChain}, the evidence gives ${each.recomputed}`,
      ),
    );
  }
  for (const each of audit.unknown) terminal.line(terminal.style.yellow(`  cannot tell: ${each}`));
  const verdict = audit.agrees
    ? terminal.style.green('the chain agrees with the evidence')
    : terminal.style.red('the chain does NOT agree with the evidence');
  terminal.line(
    `${subject}: ${verdict}${audit.unknown.length > 0 && audit.agrees ? ', as far as it is published' : ''}.`,
  );
}

export const registerAudit: RegisterCommand = (program, context) => {
  const audit = program
    .command('audit')
    .description(
      'Recomputes a report, an hour or a week from published evidence. Exit code 1 when the chain does not agree.',
    );
  examples(audit, ['media audit week 0', 'media audit report edge-1 0']);
  const from = ['--from <url...>', 'further places that serve evidence'] as const;
  examples(
    chainOptions(
      audit
        .command('report')
        .argument('<edge>', 'its account, or the wallet that owns it, by name or address')
        .argument('<hour>', 'hour of the report')
        .option(...from)
        .description("Look at an edge's report of an hour: entries, sessions, commits, what guards said."),
    ).action(async (edge: string, hour: string, options: AuditOptions) => {
      const { client, deps, auditReport } = await auditing(options, context);
      const result = await auditReport(
        deps,
        await edgeOf(edge, client, options, context),
        parseIndex(hour, 'The hour'),
      );
      print(`report of ${edge} for hour ${hour}`, result, options, context);
    }),
    ['media audit report edge-1 0', 'media audit report edge-1 0 --json'],
  );
  examples(
    chainOptions(
      audit
        .command('hour')
        .argument('<hour>', 'number of the hour')
        .option(...from)
        .description('Recompute an hour from its reports and what guards revealed.'),
    ).action(async (hour: string, options: AuditOptions) => {
      const { deps, auditHour } = await auditing(options, context);
      print(`hour ${hour}`, await auditHour(deps, parseIndex(hour, 'The hour')), options, context);
    }),
    ['media audit hour 0'],
  );
  examples(
    chainOptions(
      audit
        .command('week')
        .argument('<week>', 'number of the week')
        .option(...from)
        .description("Recompute a week's rewards and claims from its final hours and what was paid for it."),
    ).action(async (week: string, options: AuditOptions) => {
      const { deps, auditWeek } = await auditing(options, context);
      print(`week ${week}`, await auditWeek(deps, parseIndex(week, 'The week')), options, context);
    }),
    ['media audit week 0'],
  );
};
