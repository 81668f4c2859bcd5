import { MediaError } from '@media-network/runtime';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions } from '../chain-options.ts';
import { addressOf, connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import { edgeSights } from '../view/edge-sights.ts';
import { showLive } from '../view/live.ts';
import { createMoneyReader } from '../view/money.ts';
import { createPainter } from '../view/picture.ts';

interface Options extends ChainOptions {
  readonly interval?: string;
  readonly once?: true;
}

function parseSeconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= 0.2 && value <= 3_600) return value * 1000;
  throw new MediaError({
    code: 'cli/bad-number',
    message: `--interval must be seconds from 0.2 to 3600, not "${text}".`,
    source: 'client',
  });
}

async function run(which: string | undefined, options: Options, context: CliContext): Promise<void> {
  const signal = context.takeSignals();
  const intervalMs = options.interval === undefined ? undefined : parseSeconds(options.interval);
  const connection = await connect(options, context);
  const { client } = connection;
  const only = new Set<string>();
  if (which !== undefined)
    only.add(/^https?:/.test(which) ? which.replace(/\/$/, '') : await addressOf(which, options, context));
  const money = createMoneyReader(client);
  const paint = createPainter(() => Date.now());
  const read = async (): Promise<ReturnType<typeof paint>> => {
    const [sights, figures] = await Promise.all([edgeSights(client, only), money()]);
    if (sights.length === 0) {
      throw new MediaError({
        code: 'cli/not-registered',
        message:
          which === undefined ? 'No edge is registered on this network.' : `No active edge is ${which}.`,
        hint: '"media status" lists the edges there are; "media edge" runs one.',
        source: 'client',
      });
    }
    const silent = sights.filter(({ traffic }) => traffic === undefined).length;
    return paint({
      title: `media top  ${client.rpcUrl}`,
      notes: silent === 0 ? [] : [`${silent} of ${sights.length} edges do not answer`],
      sights,
      money: figures,
    });
  };
  await showLive(
    read,
    signal,
    {
      footer: 'Ctrl-C ends the view',
      ...(options.json === true ? { json: true as const } : {}),
      ...(intervalMs === undefined ? {} : { intervalMs }),
      ...(options.once === true ? { count: 1 } : {}),
    },
    context,
  );
}

export const registerTop: RegisterCommand = (program, context) => {
  const command = program
    .command('top')
    .argument('[edge]', 'one edge: the name or address of its wallet, its account, or its URL')
    .description(
      "Watches a network, or one edge: the sites' traffic apart from guards' probes, hits by requests and bytes, time to the first byte, what is asked most, errors, reports and money. Paths are told on the machine of the edge alone.",
    )
    .option('--interval <seconds>', 'between two looks (default: 1 on a terminal, 10 in a pipe)')
    .option('--once', 'look once and end')
    .action((which: string | undefined, options: Options) => run(which, options, context));
  examples(chainOptions(command), ['media top', 'media top edge-1 --once', 'media top --once --json']);
};
