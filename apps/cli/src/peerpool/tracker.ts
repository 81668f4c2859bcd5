import { createHash } from 'node:crypto';
import { readOwnName } from '@media-network/protocol';
import { MediaError, errorMessage, systemClock } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { parsePort } from '../ports.ts';
import { aborted } from '../signals.ts';

export interface TrackerOptions {
  readonly allow?: string[];
  readonly host: string;
  readonly port: string;
  readonly stunPort?: string;
  readonly stunHost?: string;
  readonly json?: true;
}

/** Runs a tracker for pages of one's own, beside any CDN: no chain is asked, and who may use it is a list. */
export async function runTracker(options: TrackerOptions, context: CliContext): Promise<void> {
  if (options.allow === undefined)
    throw new MediaError({
      code: 'cli/bad-domain',
      message: 'The tracker is for pages of nobody: name their hosts.',
      hint: '"media peerpool tracker --allow shop.example" runs it for pages of shop.example.',
      source: 'client',
    });
  const signal = context.takeSignals();
  const { terminal } = context;
  const port = parsePort(options.port, '--port');
  const stunPort = options.stunPort === undefined ? undefined : parsePort(options.stunPort, '--stun-port');
  const allowed = new Set(options.allow.map(nameOf));
  const { networkOf, startTrackerServer } = await import('@media-network/tracker');
  const server = await startTrackerServer(
    { host: options.host, port, stunPort, stunHost: options.stunHost },
    {
      async admit({ swarm }, { origin }) {
        const host = URL.parse(origin ?? '')?.hostname ?? '';
        if (swarm === undefined || !allowed.has(host))
          return {
            kind: 'refused',
            code: 'tracker/domain-not-allowed',
            message: 'This tracker is for other pages.',
            retryMs: 600_000,
          };
        return {
          kind: 'admitted',
          swarm: createHash('sha256').update(`domain ${host} ${swarm}`).digest('hex'),
        };
      },
      placesOf: (address) => [networkOf(address)],
      clock: systemClock,
      random: Math.random,
    },
  );
  const { url, stun } = server;
  if (options.json === true) terminal.json({ url, stun: stun ?? null, allow: [...allowed] });
  else {
    terminal.line(`tracker   ${url}`);
    if (stun !== undefined) terminal.line(`stun      ${stun}`);
    terminal.line(`pages of  ${[...allowed].join(', ')}`);
    terminal.line('Pages name it in access of MediaPeerPool.install (docs/peerpool.md). Ctrl-C stops it.');
  }
  await aborted(signal);
  await server.close().catch((error: unknown) => terminal.note(errorMessage(error)));
}

function nameOf(text: string): string {
  // Pages of this machine, while one builds them.
  if (text === 'localhost' || text === '127.0.0.1') return text;
  const reading = readOwnName(text);
  if (reading.kind === 'name') return reading.name;
  throw new MediaError({
    code: 'cli/bad-domain',
    message: `"${text}" is no domain: ${reading.why}.`,
    hint: 'Write the host name of the pages, such as shop.example.',
    source: 'client',
  });
}
