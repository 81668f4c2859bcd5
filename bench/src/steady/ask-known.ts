import { createHash } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { errorMessage } from '@media-network/runtime';
import type { BenchServer } from '../servers/bench-server.ts';
import { judgeHead } from './judge-head.ts';
import type { Asked } from './judge-head.ts';
import { BodyCheck } from './known-body.ts';

/**
 * What became of a request. `cut`: it ended before its end, and nobody could take it for whole. `refused`: the edge,
 * or the origin through it, could not. `left`: we went away. `wrong`: it says it is whole, and is not what the origin has.
 */
export type Told =
  | { readonly kind: 'right'; readonly hit: boolean; readonly bytes: number; readonly rawBytes: number }
  | { readonly kind: 'cut' | 'left' }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'wrong'; readonly why: string };

export interface AskOptions extends Asked {
  /** Sent as a POST; answered with its hash. */
  readonly upload?: Buffer;
  /** Go away when so many bytes of the body are here. */
  readonly leaveAfterBytes?: number;
  /** Go away when so many bytes of the upload are written. */
  readonly leaveUploadAfter?: number;
  /** Rest for so long after every part of the body. */
  readonly restMs?: number;
}

/** One viewer's connections. */
export interface Asker {
  ask(options: AskOptions): Promise<Told>;
  /** Bytes that all its connections have received. */
  receivedBytes(): number;
  close(): void;
}

/** Silence, with nothing of a body in it, that is longer than any time limit of the edge: what is slow is no hang. */
export const HANGS_MS = 120_000;

/** A viewer over HTTP/1.1, plain or TLS, with connections that it keeps. */
export function createAsker(server: BenchServer, protocol: 'http' | 'https'): Asker {
  const secure = protocol === 'https';
  const agent = secure
    ? new TlsAgent({ keepAlive: true, rejectUnauthorized: false, servername: server.hostHeader })
    : new Agent({ keepAlive: true });
  const sockets = new Set<Socket>();
  let gone = 0;
  function know(socket: Socket): void {
    if (sockets.has(socket)) return;
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      gone += socket.bytesRead;
    });
  }

  function start(options: AskOptions): ClientRequest {
    const { path, method, headers, upload } = options;
    const common = {
      host: '127.0.0.1',
      path,
      method: upload === undefined ? method : 'POST',
      headers: {
        Host: server.hostHeader,
        ...headers,
        ...(upload === undefined ? {} : { 'Content-Length': upload.length }),
      },
      agent,
    };
    return secure
      ? httpsRequest({ ...common, port: server.httpsPort })
      : httpRequest({ ...common, port: server.httpPort });
  }

  return {
    ask: (options) =>
      new Promise((resolve) => {
        const request = start(options);
        const hangs = setTimeout(() => {
          tell({ kind: 'wrong', why: `${options.path} hangs` });
          request.destroy();
        }, HANGS_MS);
        let before = 0;
        function tell(told: Told): void {
          clearTimeout(hangs);
          resolve(told);
        }
        request.once('socket', (socket) => {
          know(socket);
          before = socket.bytesRead;
        });
        request.once('error', () => tell({ kind: 'cut' }));
        request.once('response', (response) => {
          const { socket } = response;
          response.on('data', () => hangs.refresh());
          takeBody(options, response, (told) =>
            tell(told.kind === 'right' ? { ...told, rawBytes: socket.bytesRead - before } : told),
          );
        });
        const { upload, leaveUploadAfter } = options;
        if (upload === undefined || leaveUploadAfter === undefined) {
          request.end(upload);
          return;
        }
        request.write(upload.subarray(0, leaveUploadAfter), () => {
          tell({ kind: 'left' });
          request.destroy();
        });
      }),
    receivedBytes: () => [...sockets].reduce((sum, socket) => sum + socket.bytesRead, gone),
    close: () => agent.destroy(),
  };
}

function takeBody(options: AskOptions, response: IncomingMessage, tell: (told: Told) => void): void {
  const { leaveAfterBytes = Number.POSITIVE_INFINITY, restMs } = options;
  const taken = takeAnswer(options, response.statusCode ?? 0, response.headers);
  response.on('data', (chunk: Buffer) => {
    taken.take(chunk);
    if (taken.bytes() >= leaveAfterBytes) {
      tell(taken.partly('left'));
      response.destroy();
    } else if (restMs !== undefined) {
      response.pause();
      setTimeout(() => response.resume(), restMs);
    }
  });
  response.once('error', (error) => tell(taken.partly('cut', errorMessage(error))));
  response.once('end', () => tell(response.complete ? taken.whole() : taken.partly('cut')));
}

/** An answer on its way, of any protocol. */
export interface Taken {
  take(chunk: Buffer): void;
  bytes(): number;
  /** It ended before its end. */
  partly(kind: 'cut' | 'left', why?: string): Told;
  /** It ended as it should. */
  whole(): Told;
}

/** Judges an answer by its head and then byte for byte. */
export function takeAnswer(options: AskOptions, status: number, headers: IncomingHttpHeaders): Taken {
  const judged = judgeHead(options, status, headers);
  const wrong = (why: string): Told => ({
    kind: 'wrong',
    why: `${options.method} ${options.path} ${status}: ${why}`,
  });
  if (options.upload !== undefined && judged.kind === 'body') return takeHash(options.upload, wrong);
  const check = judged.kind === 'body' ? new BodyCheck(options.path, judged.start, judged.end) : undefined;
  let bytes = 0;
  return {
    take(chunk) {
      bytes += chunk.length;
      check?.take(chunk);
    },
    bytes: () => bytes,
    partly(kind) {
      if (check?.wrongAt !== undefined) return wrong(`byte ${check.wrongAt} of what came of it is not right`);
      return { kind };
    },
    whole() {
      if (judged.kind === 'refused') return judged;
      if (judged.kind === 'wrong') return wrong(judged.why);
      if (check?.wrongAt !== undefined) return wrong(`byte ${check.wrongAt} is not right`);
      if (check?.whole === false) return wrong(`ended in order after ${bytes} bytes`);
      if (check === undefined && bytes > 0) return wrong('a body where there is none');
      return { kind: 'right', hit: judged.hit, bytes, rawBytes: 0 };
    },
  };
}

function takeHash(upload: Buffer, wrong: (why: string) => Told): Taken {
  let text = '';
  return {
    take: (chunk) => void (text += chunk.toString('latin1')),
    bytes: () => text.length,
    partly: (kind) => ({ kind }),
    whole: () =>
      text === createHash('sha256').update(upload).digest('hex')
        ? { kind: 'right', hit: false, bytes: text.length, rawBytes: 0 }
        : wrong('the origin got another body than was sent'),
  };
}
