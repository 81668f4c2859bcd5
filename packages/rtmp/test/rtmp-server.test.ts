import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { silentLog } from '@media-network/runtime';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AmfObject } from '../src/amf0.ts';
import { encodeAmf } from '../src/amf0.ts';
import { encodeMessage } from '../src/chunk-writer.ts';
import type { MediaTag } from '../src/media-tag.ts';
import { createRtmpServer } from '../src/rtmp-server.ts';
import type { Publisher, RtmpServer, RtmpServerOptions } from '../src/rtmp-server.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A server that knows one key, and notes what comes. */
async function setup(options: Partial<RtmpServerOptions> = {}) {
  const tags: MediaTag[] = [];
  const metadata: AmfObject[] = [];
  const unsupported: string[] = [];
  const asked: Publisher[] = [];
  const ended = vi.fn<(error: unknown) => void>();
  const server: RtmpServer = await createRtmpServer(
    {
      log: silentLog,
      async admit(publisher) {
        asked.push(publisher);
        if (publisher.key === 'broken') throw new Error('no answer');
        if (publisher.key !== 'right') return { kind: 'refused', description: 'Unknown stream key.' };
        return {
          kind: 'accepted',
          sink: {
            media: (tag) => void tags.push(tag),
            metadata: (found) => void metadata.push(found),
            unsupported: (what) => void unsupported.push(what),
            end: ended,
          },
        };
      },
    },
    { host: '127.0.0.1', port: 0, ...options },
  );
  closing.push(() => server.close());
  return { server, tags, metadata, unsupported, asked, ended };
}

/** ffmpeg with a second and a half of test picture and tone, at once. */
async function ffmpeg(url: string): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const source = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=160x90:rate=10',
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440:sample_rate=44100',
  ];
  const coding = [
    '-t',
    '1.5',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '5',
    '-c:a',
    'aac',
    '-f',
    'flv',
    url,
  ];
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...source, ...coding], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString('utf8')));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

/** A connection by hand, through the handshake. */
async function connect(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  closing.push(async () => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}
const hello = Uint8Array.from([3, ...new Uint8Array(1_536)]);
const command = (...values: Parameters<typeof encodeAmf>[0]): Uint8Array =>
  encodeMessage(3, { type: 20, streamId: 0, timestampMs: 0, payload: encodeAmf(values) }, 128);
const gone = (socket: net.Socket): Promise<unknown> =>
  socket.closed ? Promise.resolve() : once(socket, 'close');

describe('an ingest', () => {
  it('takes what ffmpeg sends, configuration first, in order', async () => {
    const { server, tags, metadata, asked, ended } = await setup();
    const { code, stderr } = await ffmpeg(`rtmp://127.0.0.1:${server.port}/live/right`);
    expect([code, stderr]).toEqual([0, '']);
    await vi.waitFor(() => expect(ended).toHaveBeenCalledWith(undefined));
    expect(asked).toMatchObject([{ app: 'live', key: 'right', remoteAddress: '127.0.0.1' }]);
    const video = tags.filter((tag) => tag.kind === 'video');
    const audio = tags.filter((tag) => tag.kind === 'audio');
    expect(video[0]).toMatchObject({ codec: 'avc', part: 'config' });
    expect(audio[0]).toMatchObject({ codec: 'aac', part: 'config' });
    const frames = video.filter(({ part }) => part === 'frame');
    expect(frames).toHaveLength(15);
    expect(frames.filter(({ key }) => key)).toHaveLength(3);
    expect(frames.map(({ timestampMs }) => timestampMs)).toEqual(
      // Audio begins a frame of its own earlier.
      frames.map((_, i) => (frames[0]?.timestampMs ?? 0) + i * 100),
    );
    expect(audio.length).toBeGreaterThan(60);
    expect(metadata[0]?.get('width')).toBe(160);
  });

  it('asks for the key before it takes anything, and says no in words', async () => {
    const { server, tags, asked } = await setup();
    const wrong = await ffmpeg(`rtmp://127.0.0.1:${server.port}/live/wrong?right`);
    expect(wrong.code).not.toBe(0);
    expect(asked).toMatchObject([{ key: 'wrong' }]);
    expect(tags).toEqual([]);
  });

  it('does not take a stream when nobody could say whether it may', async () => {
    const { server, tags } = await setup();
    expect((await ffmpeg(`rtmp://127.0.0.1:${server.port}/live/broken`)).code).not.toBe(0);
    expect(tags).toEqual([]);
  });

  it.each([
    ['is no RTMP', Uint8Array.from(new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'))],
    ['continues a chunk that never began', Uint8Array.from([...hello, ...new Uint8Array(1_536), 0xc4, 1])],
    [
      'sends media without asking',
      Uint8Array.from([
        ...hello,
        ...new Uint8Array(1_536),
        ...encodeMessage(4, { type: 9, streamId: 1, timestampMs: 0, payload: Uint8Array.of(0x17) }, 128),
      ]),
    ],
    [
      'wants to play',
      Uint8Array.from([...hello, ...new Uint8Array(1_536), ...command('play', 0, null, 'x')]),
    ],
    [
      'never stops connecting',
      Uint8Array.from([
        ...hello,
        ...new Uint8Array(1_536),
        ...Array.from({ length: 40 }, () => [...command('connect', 1, {})]).flat(),
      ]),
    ],
    // The packet on which another server dies: a command of no bytes.
    [
      'sends an empty command',
      Uint8Array.from([
        ...hello,
        ...new Uint8Array(1_536),
        ...encodeMessage(3, { type: 17, streamId: 0, timestampMs: 0, payload: new Uint8Array() }, 128),
        0xc4,
        0,
      ]),
    ],
  ])('ends whoever %s, and goes on with the next', async (_, bytes) => {
    const { server, tags } = await setup();
    const socket = await connect(server.port);
    socket.resume().end(bytes);
    await gone(socket);
    expect(tags).toEqual([]);
    expect((await ffmpeg(`rtmp://127.0.0.1:${server.port}/live/right`)).code).toBe(0);
    expect(tags.length).toBeGreaterThan(0);
  });

  it('asks once, whatever is asked of it at once', async () => {
    const { server, asked, tags } = await setup();
    const socket = await connect(server.port);
    const twice = [
      command('connect', 1, { app: 'live' }),
      command('publish', 2, null, 'right'),
      command('publish', 3, null, 'right'),
    ];
    socket.resume().write(Buffer.concat([hello, Buffer.alloc(1_536), ...twice]));
    await gone(socket);
    expect(asked.length).toBeLessThanOrEqual(1);
    expect(tags).toEqual([]);
    await vi.waitFor(() => expect(server.connections).toBe(0));
  });

  it('does not wait for those who say nothing', async () => {
    const { server } = await setup({ openMs: 50 });
    const socket = await connect(server.port);
    socket.resume().write(hello);
    await gone(socket);
    await vi.waitFor(() => expect(server.connections).toBe(0));
  });

  it('takes so many connections, and so many of one address', async () => {
    const { server } = await setup({ maxPerAddress: 2 });
    const kept = [await connect(server.port), await connect(server.port)];
    await vi.waitFor(() => expect(server.connections).toBe(2));
    await gone((await connect(server.port)).resume());
    expect(server.connections).toBe(2);
    kept[0]?.destroy();
    await vi.waitFor(() => expect(server.connections).toBe(1));
    await connect(server.port);
    await vi.waitFor(() => expect(server.connections).toBe(2));
  });
});
