import { connect, constants } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import type { BenchServer } from '../servers/bench-server.ts';
import { portOf } from '../edge/ask.ts';
import { HANGS_MS, takeAnswer } from './ask-known.ts';
import type { Asker, Taken, Told } from './ask-known.ts';

/** A viewer over HTTP/2: one connection, made anew when it is gone. */
export function createHttp2Asker(server: BenchServer): Asker {
  let session: ClientHttp2Session | undefined;
  function open(): ClientHttp2Session {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    session = connect(`https://127.0.0.1:${portOf(server, 'h2')}`, {
      rejectUnauthorized: false,
      servername: server.hostHeader,
    });
    // Its streams tell what became of them.
    session.on('error', () => undefined);
    return session;
  }

  return {
    ask: (options) =>
      new Promise((resolve) => {
        const { method, path, headers, upload, leaveAfterBytes, leaveUploadAfter, restMs } = options;
        const stream = open().request(
          {
            ':method': upload === undefined ? method : 'POST',
            ':path': path,
            ':scheme': 'https',
            ':authority': server.hostHeader,
            ...headers,
          },
          { endStream: upload === undefined },
        );
        let taken: Taken | undefined;
        let ended = false;
        const hangs = setTimeout(() => {
          tell({ kind: 'wrong', why: `${path} hangs over HTTP/2` });
          stream.close(constants.NGHTTP2_CANCEL);
        }, HANGS_MS);
        function tell(told: Told): void {
          clearTimeout(hangs);
          resolve(told);
        }
        function leave(): void {
          tell(taken?.partly('left') ?? { kind: 'left' });
          stream.close(constants.NGHTTP2_CANCEL);
        }
        stream.on('response', (fields) => {
          taken = takeAnswer(options, fields[':status'] ?? 0, fields);
        });
        stream.on('data', (chunk: Buffer) => {
          hangs.refresh();
          taken?.take(chunk);
          if (leaveAfterBytes !== undefined && (taken?.bytes() ?? 0) >= leaveAfterBytes) leave();
          else if (restMs !== undefined) {
            stream.pause();
            setTimeout(() => stream.resume(), restMs);
          }
        });
        stream.on('end', () => {
          ended = true;
        });
        stream.on('error', () => undefined);
        stream.on('close', () => {
          const whole = ended && stream.rstCode === constants.NGHTTP2_NO_ERROR && taken !== undefined;
          tell(whole && taken !== undefined ? taken.whole() : (taken?.partly('cut') ?? { kind: 'cut' }));
        });
        if (upload === undefined) return;
        if (leaveUploadAfter === undefined) stream.end(upload);
        else stream.write(upload.subarray(0, leaveUploadAfter), leave);
      }),
    receivedBytes: () => 0,
    close: () => session?.destroy(),
  };
}
