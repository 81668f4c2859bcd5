import { join } from 'node:path';
import { freePorts } from '@media-network/devnet/folder';
import { MediaError } from '@media-network/runtime';
import type { CliContext } from './command.ts';
import { networkDir } from './chain-options.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { whoAnswers } from './node-identity.ts';

/** A daemon's folder: what --data says, else one of its wallet's name, so that two on one machine have two. */
export function dataFolder(options: DaemonOptions, kind: 'edge' | 'guard', context: CliContext): string {
  if (options.data !== undefined) return options.data;
  const named = options.keypair ?? context.env['MEDIA_KEYPAIR'] ?? '';
  return join(networkDir(options, context), /^[a-z0-9][a-z0-9_-]*$/i.test(named) ? named : kind);
}

/** Ports that a daemon was told to choose itself (0), chosen now: what is registered must be where it listens. */
export async function choosePorts<Name extends string>(
  config: Readonly<Record<Name, number>>,
  names: readonly Name[],
): Promise<Partial<Record<Name, number>>> {
  const open = names.filter((name) => config[name] === 0);
  const free = await freePorts(open.length);
  const chosen: Partial<Record<Name, number>> = {};
  for (const [index, name] of open.entries()) {
    const port = free[index];
    if (port !== undefined) chosen[name] = port;
  }
  return chosen;
}

/**
 * The URL under which others reach what listens here.
 *
 * @throws `cli/bad-endpoint` where it listens everywhere, which is no address, or the URL is none
 */
export function endpointOf(
  given: string | undefined,
  listens: { readonly host: string; readonly port: number; readonly flag: string },
): string {
  const { host, port, flag } = listens;
  if (given !== undefined) {
    const url = URL.parse(given);
    if (url !== null && /^https?:$/.test(url.protocol) && given.length <= 126) return given;
    throw new MediaError({
      code: 'cli/bad-endpoint',
      message: `${flag} must be a URL such as http://203.0.113.7:${port}, not "${given}".`,
      source: 'client',
    });
  }
  if (host === '0.0.0.0' || host === '::') {
    throw new MediaError({
      code: 'cli/bad-endpoint',
      message: `${host} is everywhere on this machine, and no address for others.`,
      hint: `Say under which URL they reach it with ${flag}, such as "${flag} http://203.0.113.7:${port}".`,
      source: 'client',
    });
  }
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Refuses to run a node that runs elsewhere already: two of one account would contradict each other.
 *
 * @throws `cli/already-running`
 */
export async function refuseTwin(
  kind: 'edge' | 'guard',
  account: string,
  base: string,
  who: string,
): Promise<void> {
  if ((await whoAnswers(kind, account, base, 2_000)) !== 'itself') return;
  throw new MediaError({
    code: 'cli/already-running',
    message: `The ${kind} of ${who} runs already, at ${base}.`,
    hint: `Stop that one first, or run another with a wallet of its own, named with --keypair.`,
    source: 'client',
    context: { [kind]: account, base },
  });
}
