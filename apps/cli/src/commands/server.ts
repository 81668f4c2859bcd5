import { expressOptions } from '@media-network/express/config';
import { serverOptions } from '@media-network/server/config';
import { dirOption } from '../chain-options.ts';
import { examples, rareOption } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { addSchemaOptions } from '../daemon-options.ts';
import type { ServerCommandOptions } from '../run-server.ts';
import type { LinkOptions } from '../server-link.ts';

/** What most streamers set; the rest is behind --help-all. */
const COMMON: ReadonlySet<string> = new Set(['host', 'port', 'rtmpPort', 'channels', 'private', 'record']);

export const registerServer: RegisterCommand = (program, context) => {
  const command = program
    .command('server')
    .description(
      'Takes live video in by RTMP, from OBS or ffmpeg, and serves it as HLS with low latency: an origin of the network, with a player. Prints where to send to, with the stream key of each channel.',
    );
  addSchemaOptions(command, serverOptions, COMMON);
  command.option('--express', 'many channels, for whoever signs in with a wallet');
  addSchemaOptions(command, expressOptions, new Set());
  rareOption(command, '--config <file>', 'JSON file with options by name');
  command
    .option('--test-picture', 'send a test picture with a clock to the first channel; needs ffmpeg')
    .option('--json', 'print the addresses as a line of JSON')
    .action(async (options: ServerCommandOptions) =>
      options.express === true
        ? (await import('../run-express.ts')).runExpress(options, context)
        : (await import('../run-server.ts')).runServer(options, context),
    );
  examples(
    dirOption(
      command
        .command('link')
        .description('Makes a link to a private channel: whoever has it may watch until it expires.')
        .argument('<channel>', 'name of the channel')
        .option('--hours <n>', 'how long it is good', '24')
        .option(
          '--base <url>',
          'where viewers come to, an edge or the server itself',
          'http://127.0.0.1:8070',
        )
        .option('--json', 'print the link as a line of JSON'),
    ).action(async (channel: string, options: LinkOptions) =>
      (await import('../server-link.ts')).printLink(channel, options, context),
    ),
    ['media server link stage', 'media server link stage --hours 2 --base https://live.example'],
  );
  examples(dirOption(command), [
    'media server',
    'media server --test-picture',
    'media server --channels open,stage --private stage',
    'media server --express',
    'media up --origin http://127.0.0.1:8070',
  ]);
};
