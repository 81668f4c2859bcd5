import { MediaError } from '@media-network/runtime';
import { openChannelLinks } from '@media-network/server/links';
import { networkDir } from './chain-options.ts';
import type { CliContext } from './command.ts';
import { serverFolder } from './open-media-server.ts';
import { wholeBetween } from './whole-number.ts';

export interface LinkOptions {
  readonly dir?: string;
  readonly hours: string;
  readonly base: string;
  readonly json?: true;
}

/** Longer ones are as good as none: they cannot be taken back alone. */
const MOST_HOURS = 366 * 24;

/** Prints a link to a private channel. Throws `server/not-private`, `server/bad-private-channels`, `cli/bad-number`, `cli/bad-choice`. */
export async function printLink(channel: string, options: LinkOptions, context: CliContext): Promise<void> {
  const hours = wholeBetween(options.hours, '--hours', 1, MOST_HOURS);
  const links = await openChannelLinks(serverFolder(networkDir(options, context)));
  const untilS = Math.floor(Date.now() / 1_000) + hours * 3_600;
  const link = links.link(channel, untilS);
  if (link === undefined) {
    throw new MediaError({
      code: 'server/not-private',
      message: `No channel "${channel}" is or was private here.`,
      hint: `Start the server with --private ${channel}.`,
      source: 'client',
    });
  }
  const base = URL.parse(options.base);
  if (base?.protocol !== 'http:' && base?.protocol !== 'https:') {
    throw new MediaError({
      code: 'cli/bad-choice',
      message: `--base must be an address that begins with http:// or https://, not "${options.base}".`,
      source: 'client',
    });
  }
  const at = (path: string): string => {
    const url = new URL(path, base);
    url.searchParams.set('link', link);
    return url.href;
  };
  const [watch, playlist] = [at(`/watch/${channel}`), at(`/live/${channel}/index.m3u8`)];
  const until = new Date(untilS * 1_000).toISOString();
  const { terminal } = context;
  if (options.json === true) {
    terminal.json({ channel, link, until, watchUrl: watch, playlistUrl: playlist });
    return;
  }
  const { style } = terminal;
  terminal.line(`  ${style.dim('watch')}     ${style.cyan(watch)}`);
  terminal.line(`  ${style.dim('playlist')}  ${playlist}`);
  terminal.line(`  ${style.dim('until')}     ${until}; whoever has it can watch and give it on`);
}
