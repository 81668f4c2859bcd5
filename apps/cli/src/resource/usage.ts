import type { Found } from '@media-network/chain';
import {
  burstBudget,
  burstForecast,
  monthFinalFrom,
  monthOfSample,
  percentile95,
  sampleAt,
  samplesInRing,
  samplesOfMonth,
} from '@media-network/protocol';
import type { BurstBudget, BurstForecast } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { parseIndex } from '../commands/audit.ts';
import type { CliContext } from '../command.ts';
import { connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import { formatMs } from '../amounts.ts';
import { minuteOf } from '../minute.ts';
import { table } from '../terminal/table.ts';
import { findResource, labelOf } from './find.ts';
import type { Resource } from './find.ts';
import { describeRunway, readRunways, runwayWords } from './runway.ts';
import type { Runway } from './runway.ts';
import { chartLines, formatRate } from './usage-chart.ts';

export type UsageOptions = ChainOptions & { readonly month?: string };

type Config = Found<'config'>;
type Result = Resource['months'][number];

/** A month of a resource as the chain has it. */
interface Usage {
  readonly month: bigint;
  readonly samples: Uint32Array;
  /** Whether none of its samples is gone from the ring. */
  readonly held: boolean;
  /** Slots of it that have passed. */
  readonly passed: number;
  /** What was finalised; undefined before that. */
  readonly result: Result | undefined;
  /** The finalised one, or what it would be if nothing more came. */
  readonly p95Kbps: number;
  readonly quotaKbps: number;
  readonly budget: BurstBudget;
  /** Slots of it, from its first on, whose hours are recorded. */
  readonly recorded: number;
  readonly forecast: BurstForecast;
}

/** Finalised months, the newest first. */
export function finalisedMonths({ months }: Pick<Resource, 'months'>): readonly Result[] {
  return months.filter(({ month }) => month > 0).toSorted((a, b) => b.month - a.month);
}

export function usageOf(
  config: Config,
  resource: Resource,
  ring: Found<'ring'>,
  month: bigint,
  unixSecs: bigint,
): Usage {
  const { samples, held } = samplesInRing(config, ring, month);
  const { begin } = samplesOfMonth(config, month);
  const passed = Number(sampleAt(config, unixSecs) - begin);
  const result = resource.months.find((each) => BigInt(each.month) === month + 1n);
  const quotaKbps = result?.quotaKbps ?? resource.quotaKbps;
  const budget = burstBudget(samples, quotaKbps);
  const recorded = result === undefined ? Number(ring.head - begin) : config.monthSlots;
  const known = Math.max(0, Math.min(recorded, config.monthSlots));
  return {
    month,
    samples,
    held,
    passed: Math.max(0, Math.min(passed, config.monthSlots)),
    result,
    p95Kbps: result?.p95Kbps ?? percentile95(samples),
    quotaKbps,
    budget,
    recorded: known,
    forecast: burstForecast(budget, known, config.monthSlots),
  };
}

/** Draws a month's samples with the 95th percentile, the quota and what is left of the burst. */
export async function printUsage(which: string, options: UsageOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const resource = await findResource(connection, which);
  const config = await client.config();
  const now = await client.chainTime();
  const current = monthOfSample(config, sampleAt(config, now));
  const month = options.month === undefined ? current : parseIndex(options.month, 'The month');
  if (month > current) throw noUsage(`Month ${month} has not begun: this is month ${current}.`);
  const ring = await client.ring(resource.ring).catch(() => null);
  if (ring === null)
    throw noUsage(
      `The resource ${labelOf(resource)} has no samples: it has no ring, or gave it back when it was released.`,
    );
  const usage = usageOf(config, resource, ring, month, now);
  const runway = (await readRunways(client, [resource])).get(resource.address);
  if (options.json === true)
    context.terminal.json({ ...describe(config, resource, usage), runway: describeRunway(runway) });
  else show(config, resource, usage, runway, context);
}

function describe(config: Config, resource: Resource, usage: Usage): object {
  return {
    resource: resource.address,
    label: labelOf(resource),
    month: usage.month,
    begin: timeOf(config, samplesOfMonth(config, usage.month).begin),
    end: timeOf(config, samplesOfMonth(config, usage.month).end),
    finalFrom: new Date(Number(monthFinalFrom(config, usage.month)) * 1_000).toISOString(),
    finalised: usage.result !== undefined,
    complete: usage.held,
    slots: config.monthSlots,
    slotsPassed: usage.passed,
    slotsRecorded: usage.recorded,
    sampleSecs: config.sampleSecs,
    p95Kbps: usage.p95Kbps,
    quotaKbps: usage.quotaKbps,
    burstSlots: usage.budget.allowed,
    burstUsed: usage.budget.above,
    burstLeft: usage.budget.left,
    burstForecast: usage.forecast.above,
    burstUsedUpAt: usedUpAt(config, usage),
    capped: usage.result === undefined && usage.budget.left === 0,
    samplesKbps: [...usage.samples],
    months: finalisedMonths(resource).map(({ month, p95Kbps, quotaKbps }) => ({
      month: month - 1,
      p95Kbps,
      quotaKbps,
    })),
  };
}

/** When none of the month's burst is left, if it goes on so; null where some will be. */
function usedUpAt(config: Config, { month, forecast }: Usage): string | null {
  return forecast.usedUpAfter === undefined
    ? null
    : timeOf(config, samplesOfMonth(config, month).begin + BigInt(forecast.usedUpAfter));
}

const timeOf = (config: Config, sample: bigint): string =>
  new Date(Number(config.epochZero + sample * BigInt(config.sampleSecs)) * 1_000).toISOString();

function show(
  config: Config,
  resource: Resource,
  usage: Usage,
  runway: Runway | undefined,
  { terminal }: CliContext,
): void {
  const { style } = terminal;
  const { month, result, p95Kbps, quotaKbps, budget, passed } = usage;
  const begin = timeOf(config, samplesOfMonth(config, month).begin);
  terminal.line(
    `${style.bold(labelOf(resource))}, month ${month} from ${minuteOf(begin)} UTC, ${passed} of ${config.monthSlots} slots of ${formatMs(config.sampleSecs * 1_000)} passed`,
  );
  if (!usage.held)
    terminal.line(
      style.yellow('The ring has gone on: samples of this month are missing here, and count as 0.'),
    );
  const lines = [
    { name: 'p95', kbps: p95Kbps, mark: '╌' },
    { name: 'quota', kbps: quotaKbps, mark: '━' },
  ];
  for (const line of chartLines({ samples: usage.samples, passed, lines }, style)) terminal.line(line);
  terminal.line();
  const over = p95Kbps > quotaKbps;
  const when = result === undefined ? 'so far' : 'finalised';
  terminal.line(
    `${style.yellow('╌')} 95th percentile  ${over ? style.red(formatRate(p95Kbps)) : formatRate(p95Kbps)}, ${when}`,
  );
  terminal.line(
    `${style.yellow('━')} quota            ${formatRate(quotaKbps)}${result === undefined ? '' : ', when it was finalised'}`,
  );
  const left = formatMs(budget.left * config.sampleSecs * 1_000);
  const words = `${budget.above} of ${budget.allowed} slots above the quota used, ${budget.left} left (${left})`;
  terminal.line(`  burst            ${budget.left === 0 ? style.red(words) : words}`);
  if (result === undefined) for (const line of forecastLines(config, usage)) terminal.line(line);
  if (runway !== undefined) {
    const lasts = runwayWords(runway);
    terminal.line(`  stake            ${runway.low ? style.yellow(lasts) : lasts}`);
  }
  const finalised = finalisedMonths(resource);
  if (finalised.length === 0) {
    const at = new Date(Number(monthFinalFrom(config, month)) * 1_000).toISOString();
    if (result === undefined)
      terminal.line(`  finalised        not yet: from ${at.slice(0, 19).replace('T', ' ')} UTC on`);
    return;
  }
  terminal.line();
  const columns = [
    { head: 'month', value: (each: Result) => String(each.month - 1), align: 'right' as const },
    { head: '95th percentile', value: (each: Result) => formatRate(each.p95Kbps), align: 'right' as const },
    { head: 'quota then', value: (each: Result) => formatRate(each.quotaKbps), align: 'right' as const },
  ];
  for (const line of table(finalised, columns, style)) terminal.line(line);
}

/** What is to be expected of the rest of the month, as far as anything is. */
function forecastLines(config: Config, usage: Usage): string[] {
  const { budget, forecast } = usage;
  const end = minuteOf(timeOf(config, samplesOfMonth(config, usage.month).end));
  if (budget.left === 0)
    return [
      `  capped           until ${end} UTC edges together serve no faster than the quota, and refuse the rest`,
    ];
  if (forecast.above === 0) return [];
  const at = usedUpAt(config, usage);
  const words =
    at === null
      ? `${forecast.above} slots above the quota by the month's end, if it goes on so`
      : `none left from ${minuteOf(at)} UTC on, if it goes on so: ${forecast.above} slots by the month's end`;
  return [`  forecast         ${words}`];
}

function noUsage(message: string): MediaError {
  return new MediaError({ code: 'cli/no-usage', message, source: 'client' });
}
