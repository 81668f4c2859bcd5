import { decodeAmf, encodeAmf } from './amf0.ts';
import type { AmfObject, AmfValue, SaidValue } from './amf0.ts';
import { createChunkReader } from './chunk-reader.ts';
import type { RtmpMessage } from './chunk-reader.ts';
import { SENT_CHUNK_BYTES, encodeMessage } from './chunk-writer.ts';
import { rtmpError } from './failure.ts';
import { PUBLISHER_LIMITS, STRANGER_LIMITS } from './limits.ts';
import { readAudio, readVideo } from './media-tag.ts';
import type { MediaTag } from './media-tag.ts';

/** What an encoder wants to publish, before it may. */
export interface PublishRequest {
  /** Path of the URL, without the key. */
  readonly app: string;
  /** The stream key, without what follows a question mark. */
  readonly key: string;
  /** What the encoder calls itself. */
  readonly encoder: string | undefined;
}

export type SessionEvent =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** Answered by `accept` or `refuse`; nothing else is taken until then. */
  | { readonly kind: 'publish'; readonly request: PublishRequest }
  | { readonly kind: 'media'; readonly tag: MediaTag }
  | { readonly kind: 'metadata'; readonly metadata: AmfObject }
  /** Something that cannot be carried; said once for each thing. */
  | { readonly kind: 'unsupported'; readonly what: string }
  | { readonly kind: 'end' };

/** One connection of an encoder as a state machine: bytes in, events out, no clock and no socket. */
export interface RtmpSession {
  /** Throws `rtmp/malformed`, `rtmp/too-much`, `rtmp/out-of-order`; then nothing more may be given to it. */
  receive(bytes: Uint8Array): SessionEvent[];
  /** The answer to `publish` that lets media in. */
  accept(): Uint8Array;
  /** The answer that does not. `description` is for the person at the encoder. */
  refuse(description: string): Uint8Array;
  readonly state: 'handshake' | 'connecting' | 'asking' | 'publishing' | 'ended';
}

const HANDSHAKE_BYTES = 1_536;
const VERSION = 3;
/** Commands before anything is published: an encoder sends six or so. */
const MOST_COMMANDS = 32;
/** Bytes after which the encoder is told that they have arrived (RTMP 1.0, 5.4.3). */
const WINDOW_BYTES = 2_500_000;
/** Kinds of things that are told to be unsupported. */
const MOST_UNSUPPORTED = 8;

const TYPE = {
  setChunkSize: 1,
  acknowledgement: 3,
  userControl: 4,
  windowSize: 5,
  peerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  commandAmf3: 17,
  dataAmf0: 18,
  commandAmf0: 20,
} as const;

const CONTROL = 2;
const COMMAND = 3;
const STREAM_ID = 1;

const uint32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};

const text = (value: AmfValue): string | undefined => (typeof value === 'string' ? value : undefined);
const isObject = (value: AmfValue): value is AmfObject => value instanceof Map;

/** A message on its chunk stream, without a time. */
const say = (type: number, payload: Uint8Array, streamId = 0, chunkStream = CONTROL): Uint8Array =>
  encodeMessage(chunkStream, { type, streamId, timestampMs: 0, payload }, SENT_CHUNK_BYTES);

/** A command of AMF 0. */
const command = (values: readonly SaidValue[], streamId = 0): Uint8Array =>
  say(TYPE.commandAmf0, encodeAmf(values), streamId, COMMAND);

const status = (level: 'status' | 'error', code: string, description: string): Uint8Array =>
  command(['onStatus', 0, null, { level, code, description }], STREAM_ID);

export function createRtmpSession(random: (length: number) => Uint8Array): RtmpSession {
  const reader = createChunkReader(STRANGER_LIMITS);
  let state: RtmpSession['state'] = 'handshake';
  /** The handshake's bytes: C0 and C1, then C2. */
  const hello = new Uint8Array(1 + HANDSHAKE_BYTES);
  let greeted = 0;
  let answered = false;
  let app = '';
  let encoder: string | undefined;
  let commands = 0;
  let received = 0;
  let acknowledged = 0;
  const unsupported = new Set<string>();
  let events: SessionEvent[] = [];

  const send = (...parts: readonly Uint8Array[]): void => {
    for (const bytes of parts) events.push({ kind: 'send', bytes });
  };
  /** Takes what is still missing of the handshake; gives the rest. */
  function shake(bytes: Uint8Array): Uint8Array {
    let rest = bytes;
    const take = (until: number): boolean => {
      const part = rest.subarray(0, until - greeted);
      hello.set(part, greeted);
      greeted += part.length;
      rest = rest.subarray(part.length);
      return greeted === until;
    };
    if (!answered) {
      const whole = take(hello.length);
      if (greeted > 0 && hello[0] !== VERSION)
        throw rtmpError('rtmp/malformed', 'The first byte is not that of RTMP; RTMPS has a port of its own.');
      if (!whole) return rest;
      const answer = new Uint8Array(1 + 2 * HANDSHAKE_BYTES);
      answer[0] = VERSION;
      answer.set(random(HANDSHAKE_BYTES - 8), 9);
      answer.set(hello.subarray(1), 1 + HANDSHAKE_BYTES);
      send(answer);
      answered = true;
      greeted = 0;
    }
    if (take(HANDSHAKE_BYTES)) state = 'connecting';
    return rest;
  }

  function connect(transaction: number, values: readonly AmfValue[]): void {
    const about = values[2];
    if (!isObject(about)) throw rtmpError('rtmp/malformed', 'A connection without its object.');
    app =
      text(about.get('app'))
        ?.split('?')[0]
        ?.replaceAll(/^\/+|\/+$/g, '') ?? '';
    encoder = text(about.get('flashVer'))?.slice(0, 80);
    send(
      say(TYPE.windowSize, uint32(WINDOW_BYTES)),
      say(TYPE.peerBandwidth, Uint8Array.of(...uint32(WINDOW_BYTES), 2)),
      say(TYPE.setChunkSize, uint32(SENT_CHUNK_BYTES)),
      command([
        '_result',
        transaction,
        // What Enhanced RTMP asks a server to say that it takes.
        { fmsVer: 'FMS/3,5,7,7009', capabilities: 31, videoFourCcInfoMap: { avc1: 1, hvc1: 1, av01: 1 } },
        {
          level: 'status',
          code: 'NetConnection.Connect.Success',
          description: 'Welcome.',
          objectEncoding: 0,
        },
      ]),
    );
  }

  function publish(values: readonly AmfValue[]): void {
    const name = text(values[3]);
    if (name === undefined)
      throw rtmpError('rtmp/malformed', 'Something is to be published that has no name.');
    state = 'asking';
    events.push({ kind: 'publish', request: { app, key: name.split('?')[0] ?? '', encoder } });
  }

  function obey(values: readonly AmfValue[]): void {
    const name = text(values[0]);
    const transaction = typeof values[1] === 'number' ? values[1] : 0;
    if (state === 'publishing') {
      if (name === 'FCUnpublish' || name === 'deleteStream' || name === 'closeStream') end();
      return;
    }
    // Two questions at once would have two answers.
    if (state === 'asking')
      throw rtmpError('rtmp/out-of-order', 'A command comes before the answer to what was asked.');
    commands += 1;
    if (commands > MOST_COMMANDS)
      throw rtmpError('rtmp/too-much', 'Too many commands before anything is published.');
    if (name === 'connect') connect(transaction, values);
    else if (name === 'createStream') send(command(['_result', transaction, null, STREAM_ID]));
    else if (name === 'publish') publish(values);
    else if (name === 'play') {
      send(status('error', 'NetStream.Play.Failed', 'This server takes streams in; players get HLS.'));
      end();
    }
    // releaseStream, FCPublish, _checkbw and the like want no answer.
  }

  function end(): void {
    if (state === 'ended') return;
    state = 'ended';
    events.push({ kind: 'end' });
  }

  function carry(tag: ReturnType<typeof readVideo> | ReturnType<typeof readAudio>): void {
    if (tag.kind !== 'unknown') events.push({ kind: 'media', tag });
    else if (tag.what !== undefined && !unsupported.has(tag.what) && unsupported.size < MOST_UNSUPPORTED) {
      unsupported.add(tag.what);
      events.push({ kind: 'unsupported', what: tag.what });
    }
  }

  function data(payload: Uint8Array): void {
    const metadata = decodeAmf(payload).findLast((value) => isObject(value));
    if (metadata !== undefined) events.push({ kind: 'metadata', metadata });
  }

  function take(message: RtmpMessage): void {
    const { type, payload, timestampMs } = message;
    if (state === 'ended') return;
    if (type === TYPE.commandAmf0) obey(decodeAmf(payload));
    // The first byte says that AMF 0 follows, as it does of all encoders.
    else if (type === TYPE.commandAmf3) obey(decodeAmf(payload.subarray(1)));
    else if (type === TYPE.audio || type === TYPE.video || type === TYPE.dataAmf0 || type === TYPE.dataAmf3) {
      if (state !== 'publishing')
        throw rtmpError(
          'rtmp/out-of-order',
          'Media comes before it was accepted that anything is published.',
        );
      if (type === TYPE.video) carry(readVideo(payload, timestampMs));
      else if (type === TYPE.audio) carry(readAudio(payload, timestampMs));
      else data(type === TYPE.dataAmf3 ? payload.subarray(1) : payload);
    }
    // Acknowledgements, pings and windows of the other side change nothing here.
  }

  return {
    get state() {
      return state;
    },
    receive(bytes) {
      events = [];
      const rest = state === 'handshake' ? shake(bytes) : bytes;
      received = (received + bytes.length) % 2 ** 32;
      reader.push(rest, take);
      const passed = (received - acknowledged + 2 ** 32) % 2 ** 32;
      if (passed >= WINDOW_BYTES) {
        acknowledged = received;
        send(say(TYPE.acknowledgement, uint32(received)));
      }
      return events;
    },
    accept() {
      if (state !== 'asking') throw rtmpError('rtmp/out-of-order', 'Nothing asks to be accepted.');
      state = 'publishing';
      reader.limit(PUBLISHER_LIMITS);
      const begin = say(TYPE.userControl, Uint8Array.of(0, 0, ...uint32(STREAM_ID)));
      const start = status('status', 'NetStream.Publish.Start', 'On air.');
      return Uint8Array.of(...begin, ...start);
    },
    refuse(description) {
      state = 'ended';
      return status('error', 'NetStream.Publish.BadName', description);
    },
  };
}
