import { readFileSync } from 'node:fs';
import { errorCode } from '@media-network/runtime';
import type { FuzzRandom, FuzzTarget } from '@media-network/runtime/testing';
import {
  PUBLISHER_LIMITS,
  STRANGER_LIMITS,
  createChunkReader,
  createRtmpSession,
  decodeAmf,
  encodeAmf,
  encodeMessage,
  readAudio,
  readVideo,
} from '../src/index.ts';
import type { SaidValue } from '../src/index.ts';

/** What ffmpeg sends to publish two seconds (`scripts/capture.ts`). */
const CAPTURE = readFileSync(new URL('fixtures/ffmpeg.rtmp', import.meta.url));
const HANDSHAKE_BYTES = 1 + 2 * 1_536;
const zeros = (length: number): Uint8Array => new Uint8Array(length);

/** Bytes turned, cut out, doubled or put in, a few times, mostly where heads and commands are. */
function harmed(bytes: Uint8Array, random: FuzzRandom): Uint8Array {
  let result = Buffer.from(bytes);
  for (let times = random.int(5); times > 0; times -= 1) {
    const span = random.oneIn(2) ? result.length : Math.min(result.length, HANDSHAKE_BYTES + 600);
    const at = random.int(span + 1);
    const how = random.int(6);
    if (how === 0) result = result.subarray(0, at);
    else if (how === 1)
      result = Buffer.concat([result.subarray(0, at), result.subarray(at + 1 + random.int(8))]);
    else if (how === 2 && at < result.length) result[at] = random.int(256);
    else if (how === 3 && at < result.length) result[at] = random.pick([0, 0xff, 0xc3, 0x7f, 0x03]);
    else if (how === 4)
      result = Buffer.concat([
        result.subarray(0, at),
        Buffer.from(random.several(12, () => random.int(256))),
        result.subarray(at),
      ]);
    else result = Buffer.concat([result.subarray(0, at), result.subarray(Math.max(0, at - random.int(200)))]);
  }
  return result;
}

/** Commands as no encoder says them. */
function madeUp(random: FuzzRandom): Uint8Array {
  const value = (depth: number): SaidValue =>
    random.pick<() => SaidValue>([
      () => random.int(1_000),
      () => random.oneIn(2),
      () => random.pick(['connect', 'publish', 'createStream', 'live', '', 'x'.repeat(random.int(300))]),
      () => null,
      () => (depth > 9 ? null : { app: value(depth + 1), a: value(depth + 1) }),
    ])();
  const name = random.pick(['connect', 'createStream', 'publish', 'play', 'FCPublish', 'deleteStream', '']);
  const messages = random.several(6, () =>
    encodeMessage(
      random.pick([2, 3, 4, 8, 63]),
      {
        type: random.pick([1, 2, 3, 4, 5, 6, 8, 9, 15, 17, 18, 20, 22, random.int(256)]),
        streamId: random.int(3),
        timestampMs: random.int(2 ** 24 - 1),
        payload: random.oneIn(3)
          ? Uint8Array.from(random.several(40, () => random.int(256)))
          : encodeAmf([name, random.int(9), value(0), value(0)]),
      },
      128,
    ),
  );
  return Buffer.concat([Buffer.of(3), zeros(HANDSHAKE_BYTES - 1), ...messages]);
}

/** Only errors of the protocol may come. */
function expected(error: unknown): string {
  const code = errorCode(error);
  if (!code.startsWith('rtmp/')) throw error;
  return code;
}

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'rtmp-sessions',
    doc: 'what an encoder sends, harmed, in any pieces: media only after the key was accepted, or an error of its own',
    run(random) {
      const bytes = random.oneIn(4) ? madeUp(random) : harmed(CAPTURE, random);
      const session = createRtmpSession(zeros);
      let [accepted, media] = [false, 0];
      const most = random.pick([7, 1_500, 65_536]);
      try {
        for (let at = 0; at < bytes.length;) {
          const piece = 1 + random.int(most);
          for (const event of session.receive(bytes.subarray(at, at + piece))) {
            if (event.kind === 'publish') {
              if (accepted) throw new Error('it asks twice');
              accepted = true;
              if (random.oneIn(8)) {
                session.refuse('no');
                return 'refused';
              }
              session.accept();
            } else if (event.kind === 'media') {
              if (!accepted) throw new Error('media before it was accepted');
              media += 1;
            } else if (event.kind === 'send' && event.bytes.length > 8_192) throw new Error('a long answer');
          }
          at += piece;
          if (session.state === 'ended') break;
        }
      } catch (error) {
        return expected(error);
      }
      return media > 0 ? `${session.state} with media` : session.state;
    },
  },
  {
    name: 'rtmp-chunks',
    doc: 'bytes that may be chunks: never more held than a stranger or a publisher may have',
    run(random) {
      const limits = random.pick([STRANGER_LIMITS, PUBLISHER_LIMITS]);
      const reader = createChunkReader(limits);
      let messages = 0;
      const noise = random.oneIn(2)
        ? harmed(CAPTURE.subarray(HANDSHAKE_BYTES), random)
        : Uint8Array.from(random.several(200, () => random.pick([random.int(256), 0, 3, 0xc3, 0x43, 0xff])));
      try {
        for (let at = 0; at < noise.length; at += 500) {
          reader.push(noise.subarray(at, at + 500), () => (messages += 1));
          if (reader.heldBytes < 0 || reader.heldBytes > limits.heldBytes)
            throw new Error(`holds ${reader.heldBytes} bytes`);
        }
      } catch (error) {
        return expected(error);
      }
      return messages > 0 ? 'messages' : 'none';
    },
  },
  {
    name: 'amf-values',
    doc: 'bytes that may be values: a list that ends where they do, or an error of its own',
    run(random) {
      const bytes = Uint8Array.from(
        random.several(80, () => random.pick([0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 97, 255, random.int(256)])),
      );
      try {
        return decodeAmf(bytes).length > 0 ? 'values' : 'nothing';
      } catch (error) {
        return expected(error);
      }
    },
  },
  {
    name: 'media-tags',
    doc: 'payloads of video and audio: read, or left out with a reason of a few words',
    run(random) {
      const head = random.oneIn(2)
        ? [
            random.pick([0x90, 0x91, 0x93, 0xa1, 0x95, 0x96]),
            ...(random.oneIn(2) ? [random.int(48)] : []),
            ...Buffer.from(random.pick(['hvc1', 'avc1', 'av01', 'mp4a', 'Opus'])),
          ]
        : [random.pick([0x17, 0x27, 0x57, 0x14, 0xaf, 0x2f, random.int(256)])];
      const bytes = Uint8Array.from([
        ...head,
        ...random.several(24, () => random.pick([0, 1, random.int(256)])),
      ]);
      const tag = random.oneIn(2) ? readVideo(bytes, 0) : readAudio(bytes, 0);
      if (tag.kind === 'unknown') {
        if ((tag.what?.length ?? 0) > 80) throw new Error('a long reason');
        return tag.what === undefined ? 'silent' : 'unknown';
      }
      if (tag.data.length >= bytes.length) throw new Error('more than there was');
      return `${tag.codec} ${tag.part}`;
    },
  },
];
