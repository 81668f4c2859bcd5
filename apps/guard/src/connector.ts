import { holdEnd, publicLookup } from '@media-network/runtime/daemon';
import { buildConnector } from 'undici';

/** Connects to edges, guards and origins; to this machine and its local network only with `allowPrivate`. */
export function createConnector({
  allowPrivate,
}: {
  readonly allowPrivate: boolean;
}): buildConnector.connector {
  const connect = buildConnector({ timeout: 5_000, ...(allowPrivate ? {} : { lookup: publicLookup }) });
  return (target, done) =>
    connect(target, (error, socket) => {
      if (error !== null) done(error, null);
      else done(null, holdEnd(socket));
    });
}
