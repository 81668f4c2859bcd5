import { randomBytes } from 'node:crypto';
import { createServer as createNetServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type {
  SecureContext,
  SecureContextOptions,
  TLSSocket,
  TlsOptions as TlsServerOptions,
} from 'node:tls';
import { createRepeatingTask, silentLog, systemClock } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { cannotListen } from '@media-network/runtime/listen';
import { Connection } from './connection.ts';
import type { FastHit } from './fast-hit.ts';
import type { FrontState, FrontStats, OpenConnection } from './front-state.ts';
import { BatchPool } from './h2/frame-output.ts';
import { Http2Connection } from './h2/h2-connection.ts';
import type { Http2Front } from './h2/h2-connection.ts';
import { defaultHttp2Limits } from './h2/h2-limits.ts';
import type { Http2Limits } from './h2/h2-limits.ts';
import { PathMemo } from './h2/path-memo.ts';
import { HeadParser } from './head-parser.ts';
import { defaultLimits } from './limits.ts';
import type { FrontLimits } from './limits.ts';
import { Scratch } from './scratch.ts';
import type { FrontHandlers } from './seam.ts';
import { TargetMemo } from './target-memo.ts';

export interface FrontOptions {
  readonly limits?: Partial<FrontLimits>;
  readonly http2Limits?: Partial<Http2Limits>;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Memory for responses assembled once and written many times within a second. 32 MiB by default. */
  readonly maxAssembledBytes?: number;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Lets several processes share the port, where the system can. */
  readonly reusePort?: boolean;
  /** A socket that listens already, as another process gave it to us (`Listening.handle`), in place of host and port. */
  readonly handle?: unknown;
}

/** PEM: for who names no server, or one that `contextFor` has nothing for. Without it they get the alert `handshake_failure`. */
export interface TlsPair {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface TlsOptions extends Partial<TlsPair> {
  /** 48 bytes that processes on one port share, so that a viewer who comes back to another one resumes its session. */
  readonly ticketKeys?: Buffer;
  /**
   * The context of a server name, lower-case; null falls back to `cert` and `key`. `proof`: who asks offers `acme-tls/1`
   * and nothing else (RFC 8737), over TLS 1.3, where that is known before the certificate is chosen; such a connection
   * ends with its handshake.
   */
  readonly contextFor?: (
    serverName: string,
    proof: boolean,
  ) => SecureContext | null | Promise<SecureContext | null>;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** The listening socket, for `process.send` and `child.send`: whoever holds it keeps its queue, however many others close theirs. */
  readonly handle: unknown;
  /** Accepts no more here; connections and other holders of the socket stay. */
  stop(): void;
}

export interface TlsListening extends Listening {
  /** From the next handshake on. */
  readonly renew: (pair: TlsPair) => void;
}

export interface CloseOptions {
  /** What responses under way get to finish. 10 s by default. */
  readonly graceMs?: number;
  /**
   * What idle connections get to bring one more request, which is answered with `Connection: close`; 0 by
   * default: they end at once. Whoever asks on a kept connection just as it is ended sees its request fail.
   */
  readonly idleMs?: number;
}

export interface Front {
  readonly limits: FrontLimits;
  readonly stats: Readonly<FrontStats>;
  /** Open connections. */
  readonly openConnections: number;
  listen(options: ListenOptions): Promise<Listening>;
  listenTls(options: ListenOptions, tls: TlsOptions): Promise<TlsListening>;
  /**
   * Stops accepting, ends connections as they become idle, lets responses under way finish for `graceMs`,
   * then cuts the rest. Resolves when all is closed. May be called again to be quicker about it.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** What one read takes at most. */
const INPUT_BYTES = 65_536;
const SWEEP_MS = 500;
const BACKLOG = 1024;
const CODES = { inUse: 'front/port-in-use', failed: 'front/listen-failed' };
const TICKET_KEY_BYTES = 48;
/** Ours is the order that counts (RFC 7301 §3.2): who speaks both speaks HTTP/2. */
const PROTOCOLS = ['h2', 'http/1.1'];
/** Proof of a TLS-ALPN-01 challenge (RFC 8737 §6.2). */
const PROOF = 'acme-tls/1';
/** AES-128 first: the common hardware does it fastest, and every client that matters offers it. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
].join(':');

function listenOn(server: NetServer, options: ListenOptions, servers: NetServer[]): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void =>
      reject(cannotListen(error, { host: options.host, port: options.port, codes: CODES }));
    server.once('error', onError);
    const onListening = (): void => {
      server.off('error', onError);
      const address = server.address();
      if (address === null || typeof address === 'string')
        throw new Error('a TCP server has an address and a port');
      resolve({
        host: address.address,
        port: address.port,
        handle: handleOf(server),
        stop: () => {
          server.close();
          servers.splice(servers.indexOf(server), 1);
        },
      });
      servers.push(server);
    };
    const { host, port, handle } = options;
    if (handle === undefined)
      server.listen({ host, port, reusePort: options.reusePort ?? false, backlog: BACKLOG }, onListening);
    else server.listen(handle, BACKLOG, onListening);
  });
}

/** What a server listens with: the member that the documentation of `server.listen(handle)` names. */
export function handleOf(server: NetServer): unknown {
  return Reflect.get(server, '_handle');
}

/**
 * The HTTP front. Every request is read once, strictly, on the raw socket; plain ones may be answered there
 * and then, the rest is handed over; what two readers could read in two ways is refused. Over TLS a client may
 * choose HTTP/2 (ALPN `h2`): the same readings, lanes, accounts and limits.
 */
export function createFront<Token>(handlers: FrontHandlers<Token>, options: FrontOptions = {}): Front {
  const limits: FrontLimits = { ...defaultLimits, ...options.limits };
  const clock = options.clock ?? systemClock;
  const log = options.log ?? silentLog;
  const maxAssembledBytes = options.maxAssembledBytes ?? 32 * 1024 * 1024;
  const targets = new TargetMemo();
  const servers: NetServer[] = [];
  /** Sockets under TLS, handshakes included: a server waits for those too when it closes. */
  const underTls = new Set<Socket>();
  const deadlines: NodeJS.Timeout[] = [];
  let assembled: FastHit<Token>[] = [];
  let assembledBytes = 0;
  let second = 0;
  let closing: Promise<void> | undefined;
  let closed = false;

  function dropAssembled(): void {
    for (const hit of assembled) hit.forget();
    assembled = [];
    assembledBytes = 0;
  }

  const state: FrontState<Token> = {
    handlers,
    limits,
    clock,
    log,
    connections: new Set(),
    input: Buffer.allocUnsafeSlow(INPUT_BYTES),
    scratch: new Scratch(),
    stats: { connections: 0, fast: 0, slow: 0, refused: 0 },
    draining: false,
    largeSlicesBytes: 0,
    nowSecond: () => state.second(clock.nowMs()),
    second(nowMs) {
      const now = Math.floor(nowMs / 1000);
      if (now !== second) {
        second = now;
        dropAssembled();
      }
      return now;
    },
    keepWhole(hit, bytes) {
      if (assembledBytes + bytes > maxAssembledBytes) return false;
      assembledBytes += bytes;
      assembled.push(hit);
      return true;
    },
  };

  const http2: Http2Front<Token> = {
    handlers,
    limits,
    http2: { ...defaultHttp2Limits, ...options.http2Limits },
    pool: new BatchPool(),
    paths: new PathMemo(),
    clock,
    log,
    connections: state.connections,
    stats: state.stats,
    second: (nowMs) => state.second(nowMs),
  };

  const sweeper = createRepeatingTask(
    async () => {
      // What came while this process was held up is read first: whoever sent it is not late.
      await new Promise((resolve) => setImmediate(resolve));
      const now = clock.nowMs();
      for (const connection of state.connections) connection.sweep(now);
      if (Math.floor(now / 1000) !== second) dropAssembled();
    },
    { clock, log },
    { name: 'front-sweep', intervalMs: SWEEP_MS },
  );
  sweeper.start();

  function accept(connect: () => OpenConnection): void {
    state.stats.connections += 1;
    const connection = connect();
    state.connections.add(connection);
    // Its handshake was under way when we stopped accepting.
    if (state.draining === 'now') connection.drain();
    else if (state.draining === 'gently') connection.drainGently();
  }

  function endIdle(): void {
    state.draining = 'now';
    for (const connection of state.connections) connection.drain();
  }

  /** The system's timer, not the injected clock: a process that must end has real time only. */
  function drain({ graceMs = 10_000, idleMs = 0 }: CloseOptions): void {
    if (idleMs === 0) endIdle();
    else {
      if (state.draining === false) state.draining = 'gently';
      for (const connection of state.connections) connection.drainGently();
      deadlines.push(setTimeout(endIdle, Math.min(idleMs, graceMs)));
    }
    deadlines.push(
      setTimeout(() => {
        for (const connection of state.connections) connection.destroy();
        for (const socket of underTls) socket.destroy();
      }, graceMs),
    );
  }

  async function closeAll(): Promise<void> {
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    // A server reports 'close' before its last socket does: accounts settle with the sockets.
    while (state.connections.size > 0)
      await Promise.all([...state.connections].map((connection) => connection.closed()));
    closed = true;
    for (const timer of deadlines) clearTimeout(timer);
    await sweeper.stop();
    dropAssembled();
  }

  return {
    limits,
    get stats() {
      return state.stats;
    },
    get openConnections() {
      return state.connections.size;
    },
    async listen(listenOptions) {
      const parser = new HeadParser(limits, 'http', targets);
      const server = createNetServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
        accept(() => new Connection(state, socket, parser)),
      );
      server.maxConnections = limits.maxConnections;
      return listenOn(server, listenOptions, servers);
    },
    async listenTls(listenOptions, tls) {
      const parser = new HeadParser(limits, 'https', targets);
      const secure: SecureContextOptions = {
        minVersion: 'TLSv1.2',
        ciphers: CIPHERS,
        honorCipherOrder: true,
        ticketKeys: tls.ticketKeys ?? randomBytes(TICKET_KEY_BYTES),
      };
      const { cert, key } = tls;
      const server = createTlsServer(
        {
          ...secure,
          ...(cert === undefined || key === undefined ? {} : { cert, key }),
          allowHalfOpen: true,
          noDelay: true,
          handshakeTimeout: limits.handshakeTimeoutMs,
          ...choices(tls.contextFor),
        },
        (socket: TLSSocket) => {
          if (socket.alpnProtocol === PROOF) {
            socket.on('error', () => undefined);
            socket.end();
            return;
          }
          accept(() =>
            socket.alpnProtocol === 'h2'
              ? new Http2Connection(http2, socket, 'https')
              : new Connection(state, socket, parser),
          );
        },
      );
      server.maxConnections = limits.maxConnections;
      server.on('connection', (socket: Socket) => {
        underTls.add(socket);
        socket.once('close', () => underTls.delete(socket));
      });
      // A failed handshake is the client's affair; without a listener it would be nobody's.
      server.on('tlsClientError', (_error, socket) => socket.destroy());
      const listening = await listenOn(server, listenOptions, servers);
      return { ...listening, renew: (pair) => server.setSecureContext({ ...secure, ...pair }) };
    },
    close(closeOptions = {}) {
      closing ??= closeAll();
      if (!closed) drain(closeOptions);
      return closing;
    },
  };
}

/** Whom a client may be told to have reached, and in what protocol. */
function choices(
  contextFor: TlsOptions['contextFor'],
): Pick<TlsServerOptions, 'ALPNProtocols' | 'ALPNCallback' | 'SNICallback'> {
  if (contextFor === undefined) return { ALPNProtocols: PROTOCOLS };
  /** Over TLS 1.3 the protocol is chosen before the certificate (OpenSSL's final_alpn), and both on the socket. */
  const proving = new WeakSet<TLSSocket>();
  /** Those with a certificate for viewers already, as over TLS 1.2: too late to prove anything. */
  const viewing = new WeakSet<TLSSocket>();
  return {
    ALPNCallback(this: TLSSocket, { protocols }) {
      const [first] = protocols;
      if (first === PROOF && protocols.length === 1) {
        if (viewing.has(this)) return undefined;
        proving.add(this);
        return PROOF;
      }
      return PROTOCOLS.find((ours) => protocols.includes(ours));
    },
    SNICallback(this: TLSSocket, serverName, done) {
      const choose = async (proof: boolean): Promise<void> => {
        let context: SecureContext | null;
        try {
          context = await contextFor(serverName.toLowerCase(), proof);
          if (proof && context === null) throw new Error('there is nothing to prove');
        } catch (error) {
          done(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        done(null, context ?? undefined);
      };
      const proof = proving.has(this);
      if (!proof) viewing.add(this);
      void choose(proof);
    },
  };
}
