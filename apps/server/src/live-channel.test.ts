import type { MediaTag, Publisher } from '@media-network/rtmp';
import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { expect, it } from 'vitest';
import { createLiveChannel } from './live-channel.ts';

const BEGAN_MS = Date.UTC(2026, 10, 27, 17);
/** 1,024 samples of 48 kHz. */
const FRAME_MS = 64 / 3;
const PUBLISHER: Publisher = {
  app: 'live',
  key: 'key',
  encoder: 'test',
  remoteAddress: '127.0.0.1',
  close: () => undefined,
};

/** What is signed is of no matter here. */
const unsigned = (name: string, bytes: Uint8Array) => ({
  name,
  length: bytes.length,
  sha256: '',
  chunks: [],
  signature: '',
});
/** AudioSpecificConfig of 48 kHz, of so many channels. */
const config = (channels: number): MediaTag => ({
  kind: 'audio',
  codec: 'aac',
  part: 'config',
  timestampMs: 0,
  data: Uint8Array.of(0x11, 0x80 | (channels << 3)),
});
const frame = (timestampMs: number): MediaTag => ({
  kind: 'audio',
  codec: 'aac',
  part: 'frame',
  timestampMs,
  data: new Uint8Array(10),
});

it('says of each segment when it was, also after the encoder has changed what it sends', async () => {
  const clock = createManualClock(BEGAN_MS);
  const channel = createLiveChannel(
    { clock, log: silentLog, sign: unsigned },
    { name: 'live', segmentMs: 2_000, partMs: 400, windowMs: 60_000, lingerMs: 1_000 },
  );
  const sink = channel.publish(PUBLISHER);
  let sent = 0;
  const send = (seconds: number): void => {
    for (const end = sent + (seconds * 1_000) / FRAME_MS; sent < end; sent += 1) {
      void sink.media(frame(Math.round(sent * FRAME_MS)));
      clock.advance(Math.round((sent + 1) * FRAME_MS) - Math.round(sent * FRAME_MS));
    }
  };
  void sink.media(config(2));
  send(20);
  void sink.media(config(1));
  send(10);
  const said = await channel.playlist('audio', { sequence: undefined, part: undefined, skip: false });
  const segments = [
    ...(said.kind === 'found' ? said.found : '').matchAll(/PROGRAM-DATE-TIME:(.+)\n[^]*?#EXTINF:([\d.]+)/g),
  ].map(([, at = '', seconds]) => ({ ms: Date.parse(at) - BEGAN_MS, seconds: Number(seconds) }));
  expect(segments.length).toBeGreaterThan(10);
  let heard = 0;
  for (const { ms, seconds } of segments) {
    expect(Math.abs(ms / 1_000 - heard)).toBeLessThan(0.5);
    heard += seconds;
  }
  const starts = [...(channel.mpd() ?? '').matchAll(/<Period [^>]*start="PT([\d.]+)S"/g)].map(([, at]) =>
    Number(at),
  );
  expect(starts).toHaveLength(2);
  expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBeCloseTo(20, 0);
  await channel.close();
});

it('waits for what an encoder says after it has said nothing', () => {
  const clock = createManualClock(BEGAN_MS);
  const channel = createLiveChannel(
    { clock, log: silentLog, sign: unsigned },
    { name: 'live', segmentMs: 2_000, partMs: 400, windowMs: 60_000, lingerMs: 1_000 },
  );
  const sink = channel.publish(PUBLISHER);
  void sink.media({ ...config(2), data: new Uint8Array() });
  void sink.media(frame(0));
  expect(channel.status).toMatchObject({ state: 'live', audio: undefined });
  void sink.media(config(2));
  expect(channel.status.audio).toMatchObject({ channels: 2 });
});
