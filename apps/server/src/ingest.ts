import { readFile } from 'node:fs/promises';
import { createRtmpServer } from '@media-network/rtmp';
import type { RtmpServer, RtmpServerDeps } from '@media-network/rtmp';
import { MediaError, createScope } from '@media-network/runtime';
import type { ServerConfig } from './config.ts';

/** Where encoders send to. */
export interface Ingest {
  /** Without the key. */
  readonly rtmpUrl: string;
  readonly rtmpsUrl: string | undefined;
  close(): Promise<void>;
}

/** Takes encoders in; `admit` says whose key it is. Throws `server/bad-tls`, and what listening does. */
export async function startIngest(
  deps: RtmpServerDeps,
  config: Pick<ServerConfig, 'host' | 'rtmpPort' | 'rtmpsPort' | 'tlsCert' | 'tlsKey'>,
): Promise<Ingest> {
  const scope = createScope();
  const { host } = config;
  try {
    const rtmp = await createRtmpServer(deps, { host, port: config.rtmpPort });
    scope.add('rtmp', () => rtmp.close());
    const rtmps = await startRtmps(deps, config);
    if (rtmps !== undefined) scope.add('rtmps', () => rtmps.close());
    return {
      rtmpUrl: `rtmp://${host}:${rtmp.port}/live`,
      rtmpsUrl: rtmps === undefined ? undefined : `rtmps://${host}:${rtmps.port}/live`,
      close: () => scope.close(),
    };
  } catch (error) {
    return scope.fail(error);
  }
}

async function startRtmps(
  deps: RtmpServerDeps,
  { host, rtmpsPort, tlsCert, tlsKey }: Parameters<typeof startIngest>[1],
): Promise<RtmpServer | undefined> {
  if (rtmpsPort === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new MediaError({
      code: 'server/bad-tls',
      message: 'RTMPS needs a certificate: name its files with --tls-cert and --tls-key.',
      source: 'client',
    });
  }
  const [cert, key] = await Promise.all([readFile(tlsCert, 'utf8'), readFile(tlsKey, 'utf8')]).catch(
    (error: unknown) => {
      throw new MediaError({
        code: 'server/bad-tls',
        message: 'The certificate of RTMPS or its key cannot be read.',
        hint: 'Check --tls-cert and --tls-key.',
        source: 'client',
        cause: error,
      });
    },
  );
  return createRtmpServer(deps, { host, port: rtmpsPort, tls: { cert, key } });
}
