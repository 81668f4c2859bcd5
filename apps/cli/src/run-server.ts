import type { MediaServer } from '@media-network/server';
import { parseServerConfig, serverOptions } from '@media-network/server/config';
import { networkDir } from './chain-options.ts';
import type { CliContext } from './command.ts';
import { daemonFlags } from './daemon-options.ts';
import { openMediaServer, serverFolder } from './open-media-server.ts';
import { aborted } from './signals.ts';

export interface ServerCommandOptions {
  readonly dir?: string;
  readonly config?: string;
  readonly testPicture?: true;
  readonly express?: true;
  readonly json?: true;
  readonly [option: string]: unknown;
}

/** A media server until the signal comes; its keys stand in the folder `server` of the network's. */
export async function runServer(options: ServerCommandOptions, context: CliContext): Promise<void> {
  const signal = context.takeSignals();
  const dir = networkDir(options, context);
  const config = parseServerConfig({
    env: context.env,
    flags: { ...daemonFlags(serverOptions, options), dir: serverFolder(dir) },
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  const server = await openMediaServer(dir, config, { testPicture: options.testPicture === true });
  try {
    if (options.json === true) tellMachine(server, context);
    else tell(server, context);
    await aborted(signal);
  } finally {
    await server.close();
  }
}

function tellMachine({ url, rtmpUrl, rtmpsUrl, channels }: MediaServer, { terminal }: CliContext): void {
  terminal.json({
    url,
    rtmpUrl,
    rtmpsUrl: rtmpsUrl ?? null,
    channels: channels.map(({ name, key, isPrivate }) => ({
      name,
      key,
      watchUrl: `${url}/watch/${name}`,
      private: isPrivate,
    })),
  });
}

function tell({ url, rtmpUrl, rtmpsUrl, channels }: MediaServer, { terminal, invocation }: CliContext): void {
  const { style } = terminal;
  terminal.line(style.bold('The media server is up'));
  terminal.line();
  terminal.line(`  ${style.dim('send to')}  ${rtmpUrl}${rtmpsUrl === undefined ? '' : `  or  ${rtmpsUrl}`}`);
  for (const { name, key, isPrivate } of channels) {
    terminal.line(
      `  ${style.dim('key')}      ${key}  ${style.dim(`of ${name}; whoever has it can go on air`)}`,
    );
    const watch = isPrivate
      ? `with a link only: ${invocation.line(`server link ${name}`)}`
      : style.cyan(`${url}/watch/${name}`);
    terminal.line(`  ${style.dim('watch')}    ${watch}`);
  }
  terminal.line();
  terminal.line(style.bold('Try next'));
  terminal.line(`  ${style.dim('a picture')}   ${invocation.line('server --test-picture')}`);
  terminal.line(
    `  ${style.dim('a network')}   ${invocation.line(`up --origin ${url}`)}, then watch through its edges`,
  );
  terminal.line(`  ${style.dim('stop')}        Ctrl-C`);
}
