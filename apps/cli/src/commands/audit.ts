import type * as Audits from '@media-network/audit';
import type { Audit, AuditDeps } from '@media-network/audit';
import type { MediaClient } from '@media-network/chain';
import { toHex } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import { figureLines } from '../audit-figures.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, keypairOption } from '../chain-options.ts';
import { addressOf, connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import { RESOURCE_ARGUMENT, findResource } from '../resource/find.ts';

type MonthOptions = ChainOptions & { readonly month?: string };

interface AuditOptions extends ChainOptions {
  readonly from?: string[];
}

interface ViewersOptions {
  readonly server: string;
  readonly window?: string;
  readonly json?: true;
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

function print(
  subject: string,
  audit: Audit<object>,
  options: ChainOptions,
  context: CliContext,
  { who = 'the chain', source = 'the evidence' }: { readonly who?: string; readonly source?: string } = {},
): void {
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
        `  ${each.what}: ${who} says ${each.onChain}, recomputed from ${source} it is ${each.recomputed}`,
      ),
    );
  }
  for (const each of audit.unknown) terminal.line(terminal.style.yellow(`  cannot tell: ${each}`));
  const verdict = audit.agrees
    ? terminal.style.green(`${who} agrees with ${source}`)
    : terminal.style.red(`${who} does NOT agree with ${source}`);
  terminal.line(
    `${subject}: ${verdict}${audit.unknown.length > 0 && audit.agrees ? ', as far as it is published' : ''}.`,
  );
}

export const registerAudit: RegisterCommand = (program, context) => {
  const audit = program
    .command('audit')
    .description(
      'Recomputes a report, an hour, a week, quota shares or an audience from what is published, a month from the chain. Exit code 1 when it does not agree.',
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
  examples(
    keypairOption(
      chainOptions(
        audit
          .command('p95')
          .argument('<resource>', RESOURCE_ARGUMENT)
          .option('--month <number>', 'which month (default: the one finalised last)')
          .description("Recompute a month's 95th percentile from the chain's samples alone."),
      ),
    ).action(async (which: string, options: MonthOptions) => {
      const connection = await connect(options, context);
      const resource = await findResource(connection, which);
      const { auditMonth } = await import('@media-network/audit');
      const month = options.month === undefined ? undefined : Number(parseIndex(options.month, 'The month'));
      const result = await auditMonth(connection, resource.address, month);
      print(`month ${result.figures.month} of ${which}`, result, options, context, { source: 'the samples' });
    }),
    ['media audit p95 1', 'media audit p95 1 --month 0 --json'],
  );
  examples(
    keypairOption(
      chainOptions(
        audit
          .command('shares')
          .argument('<resource>', RESOURCE_ARGUMENT)
          .argument('[sample]', 'number of the sample (default: the newest that is over)')
          .option(...from)
          .description(
            "Divide a sample's quota again, by what each guard had heard of the edges. Guards remember 48 samples.",
          ),
      ),
    ).action(async (which: string, sample: string | undefined, options: AuditOptions) => {
      const connection = await connect(options, context);
      const resource = await findResource(connection, which);
      const [{ auditShares }, { auditDeps }, { askJson }] = await Promise.all([
        import('@media-network/audit'),
        import('../audit-deps.ts'),
        import('../resource/ask-json.ts'),
      ]);
      const result = await auditShares(
        { ...auditDeps(connection.client, options.from), ask: askJson },
        resource.address,
        sample === undefined ? undefined : parseIndex(sample, 'The sample'),
      );
      print(`sample ${result.figures.sample} of ${which}`, result, options, context, {
        who: 'each guard',
        source: 'what it heard',
      });
    }),
    ['media audit shares 1', 'media audit shares 1 4711 --json'],
  );
  examples(
    audit
      .command('viewers')
      .argument('<channel>', 'name of the channel')
      .option('--server <url>', 'the site of Media Server Express that it is on', 'http://127.0.0.1:8070')
      .option('--window <number>', 'number of the five minutes (default: the newest)')
      .option('--json', 'print the findings as a line of JSON')
      .description(
        'Count the viewers of a channel again, to the viewer: from what their players signed, and nothing that the host says.',
      )
      .action(async (channel: string, options: ViewersOptions) => {
        const { auditViewers } = await import('../audit-viewers.ts');
        const window = options.window === undefined ? undefined : parseIndex(options.window, 'The window');
        const result = await auditViewers(options.server, channel, window);
        print(`viewers of ${channel}`, result, { ...options }, context, {
          who: 'the host',
          source: 'what viewers signed',
        });
      }),
    ['media audit viewers garden --server http://127.0.0.1:8070'],
  );
};
