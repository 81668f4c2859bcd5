import { join } from 'node:path';
import { createLog, logFile } from '@media-network/runtime';
import { requireFreePorts } from '@media-network/runtime/daemon';
import { allExpressOptions, parseExpressConfig } from '@media-network/express/config';
import { serverPorts } from '@media-network/server/config';
import { networkDir } from './chain-options.ts';
import type { CliContext } from './command.ts';
import { daemonFlags } from './daemon-options.ts';
import type { ServerCommandOptions } from './run-server.ts';
import { aborted } from './signals.ts';
import { usageError } from './usage.ts';

/** A platform of many channels until the signal comes; what it knows stands in the folder `express` of the network's. */
export async function runExpress(options: ServerCommandOptions, context: CliContext): Promise<void> {
  for (const [given, flag] of [
    [options.testPicture, '--test-picture'],
    [options.config, '--config'],
    [options['channels'], '--channels'],
    [options['push'], '--push'],
    [options['private'], '--private'],
    [options['publicUrl'], '--public-url'],
    [options['embed'], '--embed'],
  ] as const)
    if (given !== undefined)
      throw usageError(
        'conflicting-options',
        `${flag} is for a media server alone, not for --express.`,
        'Leave one of them out.',
      );
  const signal = context.takeSignals();
  const dir = networkDir(options, context);
  const config = parseExpressConfig({
    env: context.env,
    flags: { ...daemonFlags(allExpressOptions, options), dir: join(dir, 'express') },
  });
  await requireFreePorts(serverPorts(config.server));
  const log = createLog('express', {
    level: config.server.logLevel,
    destination: logFile(join(dir, 'log', 'express.jsonl')),
  });
  const { createExpress } = await import('@media-network/express');
  const express = await createExpress(config, { log });
  const { terminal, invocation } = context;
  const { url, rtmpUrl, rtmpsUrl, publisher } = express;
  try {
    if (options.json === true) terminal.json({ url, rtmpUrl, rtmpsUrl: rtmpsUrl ?? null, publisher });
    else {
      const { style } = terminal;
      terminal.line(style.bold('The platform is up'));
      terminal.line();
      terminal.line(`  ${style.dim('site')}     ${style.cyan(url)}`);
      terminal.line(
        `  ${style.dim('studio')}   ${style.cyan(`${url}/studio`)}  sign in with a wallet, make a channel, get its key`,
      );
      terminal.line(
        `  ${style.dim('send to')}  ${rtmpUrl}${rtmpsUrl === undefined ? '' : `  or  ${rtmpsUrl}`}`,
      );
      terminal.line();
      terminal.line(style.bold('Try next'));
      terminal.line(`  ${style.dim('a network')}   ${invocation.line(`up --origin ${url}`)}`);
      terminal.line(`  ${style.dim('stop')}        Ctrl-C`);
    }
    await aborted(signal);
  } finally {
    await express.close();
  }
}
