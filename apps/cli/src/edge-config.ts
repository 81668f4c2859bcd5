import { edgeOptions, parseEdgeConfig } from '@media-network/edge/config';
import type { EdgeConfig } from '@media-network/edge/config';
import type { CliContext } from './command.ts';
import type { Connection } from './connection.ts';
import { daemonFlags } from './daemon-options.ts';
import type { DaemonOptions } from './daemon-options.ts';

/** What an edge with these options is told, of the network that it is connected to. Throws `config/invalid`. */
export function edgeConfigOf(
  options: DaemonOptions,
  { client, wsUrl }: Connection,
  dir: string,
  context: CliContext,
): EdgeConfig {
  return parseEdgeConfig({
    env: context.env,
    ...(options.config === undefined ? {} : { file: options.config }),
    flags: {
      ...daemonFlags(edgeOptions, options),
      rpcUrl: client.rpcUrl,
      wsUrl,
      programId: client.programId,
      dir,
    },
  });
}
