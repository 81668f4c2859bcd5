import { randomBytes } from 'node:crypto';
import net from 'node:net';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { listenAt } from '@media-network/runtime/listen';
import type { AmfObject } from './amf0.ts';
import type { MediaTag } from './media-tag.ts';
import { createRtmpSession } from './session.ts';
import type { PublishRequest, RtmpSession, SessionEvent } from './session.ts';

/** Where what an encoder publishes goes. */
export interface PublishSink {
  /** A promise while it can take no more: the encoder's connection is not read until then. */
  media(tag: MediaTag): Promise<void> | undefined;
  metadata(metadata: AmfObject): void;
  /** Something that the encoder sends and nobody can use, in words for the streamer. */
  unsupported(what: string): void;
  /** Nothing follows. `undefined` when the encoder said that it is done. */
  end(error: unknown): void;
}

/** Whether it may be published; `description` is shown to the person at the encoder. */
export type Admission =
  | { readonly kind: 'accepted'; readonly sink: PublishSink }
  | { readonly kind: 'refused'; readonly description: string };

export interface Publisher extends PublishRequest {
  readonly remoteAddress: string;
  /** Ends the connection, as when somebody else takes the stream over. */
  close(reason: string): void;
}

export interface RtmpServerDeps {
  readonly log: Log;
  /** Asked before anything is taken; a rejection refuses. */
  readonly admit: (publisher: Publisher) => Promise<Admission>;
}

export interface RtmpServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Certificate and key, PEM: then it is RTMPS. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Connections at once, in all: protects memory and files. */
  readonly maxConnections?: number;
  /** Of one address: so that a stranger alone cannot take all of them. */
  readonly maxPerAddress?: number;
  /** From the first byte to media: protects against connections that wait. */
  readonly openMs?: number;
  /** Without a byte from an encoder. */
  readonly silentMs?: number;
}

export interface RtmpServer {
  readonly port: number;
  readonly connections: number;
  close(): Promise<void>;
}

const DEFAULTS = { maxConnections: 1_000, maxPerAddress: 250, openMs: 10_000, silentMs: 20_000 } as const;
/** Answers that an encoder has not read: it asks and does not listen. */
const MOST_UNREAD_BYTES = 1_000_000;

/** Takes encoders in by RTMP, or RTMPS. Throws `rtmp/port-in-use`, `rtmp/cannot-listen`. */
export async function createRtmpServer(
  deps: RtmpServerDeps,
  options: RtmpServerOptions,
): Promise<RtmpServer> {
  const settings = { ...DEFAULTS, ...options };
  const sockets = new Set<Socket>();
  const perAddress = new Map<string, number>();

  function take(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const count = perAddress.get(address) ?? 0;
    // Too many: said to nobody, as an answer would cost what is protected.
    if (sockets.size >= settings.maxConnections || count >= settings.maxPerAddress) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    perAddress.set(address, count + 1);
    socket.once('close', () => {
      sockets.delete(socket);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    });
    serve(deps, settings, socket, address);
  }

  const server =
    settings.tls === undefined
      ? net.createServer({ noDelay: true }, take)
      : tls.createServer({ ...settings.tls, noDelay: true, handshakeTimeout: settings.openMs }, take);
  // A handshake of TLS that fails is the stranger's affair.
  server.on('tlsClientError', () => undefined);
  const port = await listenAt(server, {
    host: settings.host,
    port: settings.port,
    flag: settings.tls === undefined ? '--rtmp-port' : '--rtmps-port',
    codes: { inUse: 'rtmp/port-in-use', failed: 'rtmp/cannot-listen' },
  });
  return {
    port,
    get connections() {
      return sockets.size;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** One connection, from its first byte to its last. */
function serve(
  { admit, log }: RtmpServerDeps,
  settings: { readonly openMs: number; readonly silentMs: number },
  socket: Socket,
  remoteAddress: string,
): void {
  const session: RtmpSession = createRtmpSession((length) => randomBytes(length));
  let sink: PublishSink | undefined;
  let ended = false;
  const opening = setTimeout(
    () =>
      finish(
        new MediaError({
          code: 'rtmp/too-slow',
          message: 'Nothing was published in time.',
          source: 'client',
        }),
      ),
    settings.openMs,
  );
  socket.setTimeout(settings.silentMs, () =>
    finish(
      new MediaError({ code: 'rtmp/silent', message: 'The encoder has gone silent.', source: 'client' }),
    ),
  );

  function finish(error: unknown): void {
    if (ended) return;
    ended = true;
    clearTimeout(opening);
    // What was said last is to be read: a refusal explains itself.
    socket.end(() => socket.destroy());
    socket.setTimeout(settings.silentMs, () => socket.destroy());
    if (error !== undefined)
      log.info(
        { address: remoteAddress, code: errorCode(error), reason: errorMessage(error) },
        'rtmp connection ended',
      );
    sink?.end(error);
    sink = undefined;
  }

  const takeOver = (reason: string): void =>
    finish(new MediaError({ code: 'rtmp/taken-over', message: reason, source: 'client' }));

  async function ask(request: PublishRequest): Promise<void> {
    let admission: Admission;
    try {
      admission = await admit({ ...request, remoteAddress, close: takeOver });
    } catch (error) {
      // Whoever cannot be asked has not said yes.
      log.warn({ code: errorCode(error), reason: errorMessage(error) }, 'a stream could not be admitted');
      admission = { kind: 'refused', description: 'The server could not check the stream key; try again.' };
    }
    if (ended) {
      if (admission.kind === 'accepted') admission.sink.end(undefined);
      return;
    }
    if (admission.kind === 'refused') {
      socket.write(session.refuse(admission.description));
      finish(undefined);
      return;
    }
    clearTimeout(opening);
    sink = admission.sink;
    socket.write(session.accept());
    socket.resume();
  }

  /** What is to be waited for before more is read. */
  function act(event: SessionEvent): Promise<void> | undefined {
    switch (event.kind) {
      case 'send':
        socket.write(event.bytes);
        if (socket.writableLength > MOST_UNREAD_BYTES)
          throw new MediaError({
            code: 'rtmp/deaf',
            message: 'The encoder reads no answers.',
            source: 'client',
          });
        return undefined;
      case 'publish':
        socket.pause();
        void ask(event.request);
        return undefined;
      case 'media':
        return sink?.media(event.tag);
      case 'metadata':
        sink?.metadata(event.metadata);
        return undefined;
      case 'unsupported':
        sink?.unsupported(event.what);
        return undefined;
      default:
        finish(undefined);
        return undefined;
    }
  }

  socket.on('data', (bytes: Buffer) => {
    if (ended) return;
    try {
      const waits: Promise<void>[] = [];
      for (const event of session.receive(bytes)) {
        const wait = act(event);
        if (wait !== undefined) waits.push(wait);
      }
      if (waits.length === 0) return;
      socket.pause();
      Promise.all(waits).then(() => socket.resume(), finish);
    } catch (error) {
      finish(error);
    }
  });
  // Half an end is an end: encoders that are done close.
  socket.on('end', () => finish(undefined));
  socket.on('error', (error) => finish(error));
  socket.on('close', () =>
    finish(
      new MediaError({
        code: 'rtmp/lost',
        message: 'The connection to the encoder was lost.',
        source: 'client',
      }),
    ),
  );
}
