import { readEdgeRecord } from '@media-network/audit';
import { hourAt, reputationOf } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { ChainOptions } from '../chain-options.ts';
import type { CliContext } from '../command.ts';
import { edgeOf } from '../commands/audit.ts';
import { connect } from '../connection.ts';
import { wholeBetween } from '../whole-number.ts';
import { pictureLines } from './picture.ts';

export interface ReputationOptions extends ChainOptions {
  readonly hours?: string;
}

/** Two weeks: what is older is below a seventh of its points. */
const HOURS = 336;
/** Bounds what is asked of the node: an account an hour, and its verdicts. */
const MAX_HOURS = 1_000;

/** `media edge reputation`. */
export async function showReputation(
  which: string,
  options: ReputationOptions,
  context: CliContext,
): Promise<void> {
  const hours = options.hours === undefined ? HOURS : wholeBetween(options.hours, '--hours', 1, MAX_HOURS);
  const { client } = await connect(options, context);
  const config = await client.config();
  const at = await edgeOf(which, client, options, context);
  const edge = await client.account('edge', at);
  if (edge === null) {
    throw new MediaError({
      code: 'cli/no-edge',
      message: `There is no edge at ${at} on this chain, and that wallet owns none.`,
      hint: '"media status" lists edges.',
      source: 'client',
    });
  }
  const now = hourAt(config, await client.chainTime());
  const from = now >= BigInt(hours) ? now - BigInt(hours) + 1n : 0n;
  const record = await readEdgeRecord(client, config, at, { from, until: now });
  const reputation = reputationOf(record.facts, now);
  if (options.json === true) {
    context.terminal.json({ edge: at, hour: now, from, ...reputation, unknown: record.unknown });
    return;
  }
  for (const line of pictureLines(
    { edge: at, hour: now, from, ...record, ...reputation },
    context.terminal.style,
  ))
    context.terminal.line(line);
}
