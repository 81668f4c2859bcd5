import {
  E,
  END,
  F,
  OPEN,
  T,
  closes,
  common,
  connectionError,
  data,
  dataFrame,
  dummies,
  encode,
  expectLength,
  headersFrame,
  pingAck,
  pingAckOrClose,
  priority,
  settingsAck,
  streamCloses,
  streamError,
} from './h2spec-case.ts';
import type { H2SpecCase, H2SpecTarget } from './h2spec-case.ts';
import { PREFACE, S, u32 } from './probe.ts';
import type { Fields, Probe } from './probe.ts';

type Run = (probe: Probe, target: H2SpecTarget) => void | Promise<void>;

function one(number: string, title: string, run: Run, verify: (probe: Probe) => Promise<void>): H2SpecCase {
  return {
    number,
    title,
    async run(probe, target) {
      await run(probe, target);
      await verify(probe);
    },
  };
}

const protocol = (probe: Probe): Promise<void> => connectionError(probe, E.protocol);
const size = (probe: Probe): Promise<void> => connectionError(probe, E.size);
const streamClosed = (probe: Probe): Promise<void> => streamError(probe, E.closed);
const closedOrProtocol = (probe: Probe): Promise<void> => streamError(probe, E.closed, E.protocol);
const malformed = (probe: Probe): Promise<void> => streamError(probe, E.protocol);
const raw =
  (hex: string): ((probe: Probe) => void) =>
  (probe) =>
    probe.send(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const setting =
  (id: number, value: number): Run =>
  (probe) =>
    probe.setSettings([id, value]);
/** A request with these fields, whole. */
const get =
  (fields: (target: H2SpecTarget) => Fields): Run =>
  (probe, target) =>
    probe.headers(1, fields(target), END);
const without =
  (...names: readonly string[]) =>
  (target: H2SpecTarget): Fields =>
    common(target).filter(([name]) => !names.includes(name));
const plus =
  (...more: Fields) =>
  (target: H2SpecTarget): Fields => [...common(target), ...more];
/** A block that goes on in a CONTINUATION frame. */
const openBlock = (probe: Probe, target: H2SpecTarget, flags = 0, method = 'GET'): void =>
  probe.headers(1, common(target, method), flags);
const goOn = (probe: Probe, flags: number, id = 1): void =>
  probe.frame(T.continuation, flags, id, encode(dummies(1)));

/** The section "http2". */
export const http2Cases: readonly H2SpecCase[] = [
  {
    number: 'http2/3.5/1',
    title: 'client connection preface',
    raw: true,
    async run(probe) {
      probe.send(PREFACE);
      probe.setSettings([S.window, 65_535]);
      const first = await probe.next();
      if (first?.type !== T.settings || first.flags !== 0) throw new Error('SETTINGS comes first');
    },
  },
  {
    number: 'http2/3.5/2',
    title: 'invalid connection preface',
    raw: true,
    async run(probe) {
      probe.send(Buffer.from('INVALID CONNECTION PREFACE\r\n\r\n'));
      await connectionError(probe, E.protocol);
    },
  },
  one(
    'http2/4.1/1',
    'frame of unknown type',
    (probe) => {
      raw('000008160000000000 0000000000000000')(probe);
      probe.ping();
    },
    pingAck,
  ),
  one(
    'http2/4.1/2',
    'frame with undefined flag',
    raw('000008061600000000 0000000000000000'),
    async (probe) => {
      await probe.want('PING', ({ type }) => type === T.ping);
    },
  ),
  one(
    'http2/4.1/3',
    'frame with the reserved bit',
    raw('000008061680000000 0000000000000000'),
    async (probe) => {
      await probe.want('PING', ({ type }) => type === T.ping);
    },
  ),
  one(
    'http2/4.2/1',
    'DATA of 2^14 bytes',
    (probe, target) => {
      probe.headers(1, common(target, 'POST'), OPEN);
      data(probe, 1, 'x'.repeat(16_384));
    },
    headersFrame,
  ),
  one(
    'http2/4.2/2',
    'DATA larger than SETTINGS_MAX_FRAME_SIZE',
    (probe, target) => {
      probe.headers(1, common(target, 'POST'), OPEN);
      data(probe, 1, 'x'.repeat(16_385));
    },
    (probe) => streamError(probe, E.size),
  ),
  one(
    'http2/4.2/3',
    'HEADERS larger than SETTINGS_MAX_FRAME_SIZE',
    get((target) => plus(...dummies(5))(target)),
    size,
  ),
  one('http2/4.3/1', 'invalid header block', raw('000001010500000001 40'), (probe) =>
    connectionError(probe, E.compression),
  ),
  one(
    'http2/4.3/2',
    'PRIORITY within a header block',
    (probe, target) => {
      openBlock(probe, target);
      probe.frame(T.priority, 0, 1, priority(0, 255));
      goOn(probe, F.endHeaders);
    },
    protocol,
  ),
  one(
    'http2/4.3/3',
    'HEADERS of another stream within a header block',
    (probe, target) => {
      openBlock(probe, target);
      probe.headers(3, common(target), END);
      goOn(probe, F.endHeaders);
    },
    protocol,
  ),
  one('http2/5.1/1', 'idle: DATA', (probe) => data(probe, 1), closedOrProtocol),
  one('http2/5.1/2', 'idle: RST_STREAM', (probe) => probe.frame(T.reset, 0, 1, u32(E.cancel)), protocol),
  one('http2/5.1/3', 'idle: WINDOW_UPDATE', (probe) => probe.frame(T.window, 0, 1, u32(100)), protocol),
  one(
    'http2/5.1/4',
    'idle: CONTINUATION',
    (probe, target) => probe.frame(T.continuation, F.endHeaders, 1, encode(common(target))),
    protocol,
  ),
  one(
    'http2/5.1/5',
    'half-closed (remote): DATA',
    (probe, target) => {
      probe.headers(1, common(target), END);
      data(probe, 1);
    },
    streamClosed,
  ),
  one(
    'http2/5.1/6',
    'half-closed (remote): HEADERS',
    (probe, target) => {
      probe.headers(1, common(target), END);
      probe.headers(1, common(target), END);
    },
    streamClosed,
  ),
  one(
    'http2/5.1/7',
    'half-closed (remote): CONTINUATION',
    (probe, target) => {
      probe.headers(1, common(target), END);
      probe.frame(T.continuation, F.endHeaders, 1, encode(common(target)));
    },
    closedOrProtocol,
  ),
  one(
    'http2/5.1/8',
    'closed by RST_STREAM: DATA',
    (probe, target) => {
      probe.headers(1, common(target), OPEN);
      probe.frame(T.reset, 0, 1, u32(E.cancel));
      data(probe, 1);
    },
    streamClosed,
  ),
  one(
    'http2/5.1/9',
    'closed by RST_STREAM: HEADERS',
    (probe, target) => {
      probe.headers(1, common(target), OPEN);
      probe.frame(T.reset, 0, 1, u32(E.cancel));
      probe.headers(1, common(target), END);
    },
    streamClosed,
  ),
  one(
    'http2/5.1/10',
    'closed by RST_STREAM: CONTINUATION',
    (probe, target) => {
      probe.headers(1, common(target), OPEN);
      probe.frame(T.reset, 0, 1, u32(E.cancel));
      goOn(probe, F.endHeaders);
    },
    closedOrProtocol,
  ),
  one(
    'http2/5.1/11',
    'closed: DATA',
    async (probe, target) => {
      probe.headers(1, common(target), END);
      await streamCloses(probe);
      data(probe, 1);
    },
    streamClosed,
  ),
  one(
    'http2/5.1/12',
    'closed: HEADERS',
    async (probe, target) => {
      probe.headers(1, common(target), END);
      await streamCloses(probe);
      probe.headers(1, common(target), END);
    },
    (probe) => connectionError(probe, E.closed),
  ),
  one(
    'http2/5.1/13',
    'closed: CONTINUATION',
    async (probe, target) => {
      probe.headers(1, common(target), END);
      await streamCloses(probe);
      goOn(probe, F.endHeaders);
    },
    (probe) => connectionError(probe, E.closed, E.protocol),
  ),
  one(
    'http2/5.1.1/1',
    'even stream identifier',
    (probe, target) => probe.headers(2, common(target), END),
    protocol,
  ),
  one(
    'http2/5.1.1/2',
    'stream identifier below the last one',
    (probe, target) => {
      probe.headers(5, common(target), END);
      probe.headers(3, common(target), END);
    },
    protocol,
  ),
  one(
    'http2/5.1.2/1',
    'more streams than SETTINGS_MAX_CONCURRENT_STREAMS',
    (probe, target) => {
      const most = probe.settings.get(S.streams);
      if (most === undefined) throw new Error('no limit was announced');
      probe.setSettings([S.window, 0]);
      for (let i = 0; i <= most; i += 1) probe.headers(1 + 2 * i, common(target), END);
    },
    (probe) => streamError(probe, E.protocol, E.refused),
  ),
  one(
    'http2/5.3.1/1',
    'HEADERS that depends on itself',
    (probe, target) =>
      probe.headers(1, Buffer.concat([priority(1, 255), encode(common(target))]), END | F.priority),
    malformed,
  ),
  one(
    'http2/5.3.1/2',
    'PRIORITY that depends on itself',
    (probe) => probe.frame(T.priority, 0, 1, priority(1, 255)),
    malformed,
  ),
  one(
    'http2/5.4.1/1',
    'invalid PING: the connection closes',
    raw('000008060000000003 0000000000000000'),
    closes,
  ),
  one('http2/5.4.1/2', 'invalid PING: GOAWAY', raw('000008060000000003 0000000000000000'), async (probe) => {
    await probe.want('GOAWAY', ({ type }) => type === T.goAway);
  }),
  one(
    'http2/5.5/1',
    'unknown extension frame',
    (probe) => {
      raw('000008160000000000 0000000000000000')(probe);
      probe.ping();
    },
    pingAck,
  ),
  one(
    'http2/5.5/2',
    'unknown extension frame within a header block',
    (probe, target) => {
      openBlock(probe, target, F.endStream);
      raw('000008160000000000 0000000000000000')(probe);
    },
    protocol,
  ),
  one('http2/6.1/1', 'DATA on stream 0', (probe) => data(probe, 0), protocol),
  one(
    'http2/6.1/2',
    'DATA on a stream that is neither open nor half-closed (local)',
    (probe, target) => {
      probe.headers(1, common(target, 'POST'), END);
      data(probe, 1);
    },
    streamClosed,
  ),
  one(
    'http2/6.1/3',
    'DATA with invalid padding',
    (probe, target) => {
      probe.headers(1, [...common(target, 'POST'), ['content-length', '4']], OPEN);
      raw('000005000900000001 0654657374')(probe);
    },
    protocol,
  ),
  one(
    'http2/6.2/1',
    'HEADERS without END_HEADERS, then PRIORITY',
    (probe, target) => {
      openBlock(probe, target);
      probe.frame(T.priority, 0, 1, priority(0, 255));
      goOn(probe, F.endHeaders);
    },
    protocol,
  ),
  one(
    'http2/6.2/2',
    'HEADERS without END_HEADERS, then HEADERS of another stream',
    (probe, target) => {
      openBlock(probe, target);
      probe.headers(3, common(target), END);
      goOn(probe, F.endHeaders);
    },
    protocol,
  ),
  one(
    'http2/6.2/3',
    'HEADERS on stream 0',
    (probe, target) => probe.headers(0, common(target), END),
    protocol,
  ),
  one(
    'http2/6.2/4',
    'HEADERS with invalid padding',
    (probe, target) => {
      const block = encode(common(target));
      probe.headers(1, Buffer.concat([Buffer.of(block.length + 2), block]), END | F.padded);
    },
    malformed,
  ),
  one(
    'http2/6.3/1',
    'PRIORITY on stream 0',
    (probe) => probe.frame(T.priority, 0, 0, priority(0, 255)),
    protocol,
  ),
  one(
    'http2/6.3/2',
    'PRIORITY not of 5 bytes',
    (probe, target) => {
      probe.headers(1, common(target), END);
      raw('000004020000000001 80000001')(probe);
    },
    (probe) => streamError(probe, E.size),
  ),
  one(
    'http2/6.4/1',
    'RST_STREAM on stream 0',
    (probe) => probe.frame(T.reset, 0, 0, u32(E.cancel)),
    protocol,
  ),
  one(
    'http2/6.4/2',
    'RST_STREAM on an idle stream',
    (probe) => probe.frame(T.reset, 0, 1, u32(E.cancel)),
    protocol,
  ),
  one(
    'http2/6.4/3',
    'RST_STREAM not of 4 bytes',
    (probe, target) => {
      probe.headers(1, common(target), END);
      raw('000003030000000001 000000')(probe);
    },
    (probe) => streamError(probe, E.size),
  ),
  one('http2/6.5/1', 'SETTINGS with ACK and payload', raw('000001040100000000 00'), size),
  one('http2/6.5/2', 'SETTINGS on a stream', raw('000006040000000001 000300000064'), protocol),
  one('http2/6.5/3', 'SETTINGS not of a multiple of 6 bytes', raw('000003040000000000 000300'), (probe) =>
    streamError(probe, E.protocol, E.size),
  ),
  one('http2/6.5.2/1', 'SETTINGS_ENABLE_PUSH neither 0 nor 1', setting(S.push, 2), protocol),
  one('http2/6.5.2/2', 'SETTINGS_INITIAL_WINDOW_SIZE too large', setting(S.window, 2 ** 31), (probe) =>
    connectionError(probe, E.flow),
  ),
  one('http2/6.5.2/3', 'SETTINGS_MAX_FRAME_SIZE too small', setting(S.frame, 16_383), protocol),
  one('http2/6.5.2/4', 'SETTINGS_MAX_FRAME_SIZE too large', setting(S.frame, 16_777_216), protocol),
  one(
    'http2/6.5.2/5',
    'unknown setting',
    (probe) => {
      probe.setSettings([0xff, 1]);
      probe.ping();
    },
    pingAck,
  ),
  one(
    'http2/6.5.3/1',
    'SETTINGS_INITIAL_WINDOW_SIZE twice in a frame',
    async (probe, target) => {
      probe.setSettings([S.window, 100], [S.window, 1]);
      await settingsAck(probe);
      probe.headers(1, common(target), END);
    },
    async (probe) => expectLength(await dataFrame(probe), 1),
  ),
  one('http2/6.5.3/2', 'SETTINGS without ACK', setting(S.push, 0), settingsAck),
  one(
    'http2/6.7/1',
    'PING',
    (probe) => probe.ping(Buffer.from('h2spec\0\0')),
    (probe) => pingAck(probe, Buffer.from('h2spec\0\0')),
  ),
  one(
    'http2/6.7/2',
    'PING with ACK',
    (probe) => {
      probe.ping(Buffer.from('invalid\0'), F.ack);
      probe.ping(Buffer.from('h2spec\0\0'));
    },
    (probe) => pingAck(probe, Buffer.from('h2spec\0\0')),
  ),
  one('http2/6.7/3', 'PING on a stream', raw('000008060000000001 0000000000000000'), protocol),
  one('http2/6.7/4', 'PING not of 8 bytes', raw('000006060000000000 000000000000'), size),
  one('http2/6.8/1', 'GOAWAY on a stream', raw('000008070000000001 0000000000000000'), protocol),
  one('http2/6.9/1', 'WINDOW_UPDATE of 0', (probe) => probe.frame(T.window, 0, 0, u32(0)), protocol),
  one(
    'http2/6.9/2',
    'WINDOW_UPDATE of 0 on a stream',
    (probe, target) => {
      probe.headers(1, common(target), OPEN);
      probe.frame(T.window, 0, 1, u32(0));
    },
    malformed,
  ),
  one('http2/6.9/3', 'WINDOW_UPDATE not of 4 bytes', raw('000003080000000000 000001'), size),
  one(
    'http2/6.9.1/1',
    'initial window of 1',
    async (probe, target) => {
      probe.setSettings([S.window, 1]);
      await settingsAck(probe);
      probe.headers(1, common(target), END);
    },
    async (probe) => expectLength(await dataFrame(probe), 1),
  ),
  one(
    'http2/6.9.1/2',
    'connection window above 2^31-1',
    (probe) => {
      probe.frame(T.window, 0, 0, u32(2 ** 31 - 1));
      probe.frame(T.window, 0, 0, u32(2 ** 31 - 1));
    },
    async (probe) => {
      const seen = await probe.want('GOAWAY', ({ type }) => type === T.goAway);
      if (seen.payload.readUInt32BE(4) !== E.flow) throw new Error('not FLOW_CONTROL_ERROR');
    },
  ),
  one(
    'http2/6.9.1/3',
    'stream window above 2^31-1',
    (probe, target) => {
      probe.headers(1, common(target), OPEN);
      probe.frame(T.window, 0, 1, u32(2 ** 31 - 1));
      probe.frame(T.window, 0, 1, u32(2 ** 31 - 1));
    },
    async (probe) => {
      const seen = await probe.want('RST_STREAM', ({ type }) => type === T.reset);
      if (seen.id !== 1 || seen.payload.readUInt32BE() !== E.flow) throw new Error('not FLOW_CONTROL_ERROR');
    },
  ),
  one(
    'http2/6.9.2/1',
    'initial window changed after HEADERS',
    async (probe, target) => {
      probe.setSettings([S.window, 0]);
      await settingsAck(probe);
      probe.headers(1, common(target), END);
      probe.setSettings([S.window, 1]);
    },
    async (probe) => expectLength(await dataFrame(probe), 1),
  ),
  one(
    'http2/6.9.2/2',
    'window made negative',
    async (probe, target) => {
      probe.setSettings([S.window, 3]);
      await settingsAck(probe);
      probe.headers(1, common(target), END);
      await dataFrame(probe);
      probe.setSettings([S.window, 2]);
      await settingsAck(probe);
      probe.frame(T.window, 0, 1, u32(2));
    },
    async (probe) => expectLength(await dataFrame(probe), 1),
  ),
  one(
    'http2/6.9.2/3',
    'SETTINGS_INITIAL_WINDOW_SIZE above the largest window',
    raw('000006040000000000 000480000000'),
    (probe) => connectionError(probe, E.flow),
  ),
  one(
    'http2/6.10/1',
    'several CONTINUATION frames after HEADERS',
    (probe, target) => {
      openBlock(probe, target, F.endStream);
      goOn(probe, 0);
      goOn(probe, F.endHeaders);
    },
    headersFrame,
  ),
  one(
    'http2/6.10/2',
    'CONTINUATION, then another frame',
    (probe, target) => {
      openBlock(probe, target, 0, 'POST');
      goOn(probe, 0);
      data(probe, 1);
    },
    protocol,
  ),
  one(
    'http2/6.10/3',
    'CONTINUATION on stream 0',
    (probe, target) => {
      openBlock(probe, target, F.endStream);
      goOn(probe, F.endHeaders, 0);
    },
    protocol,
  ),
  one(
    'http2/6.10/4',
    'CONTINUATION after HEADERS with END_HEADERS',
    (probe, target) => {
      probe.headers(1, common(target), END);
      goOn(probe, F.endHeaders);
    },
    protocol,
  ),
  one(
    'http2/6.10/5',
    'CONTINUATION after CONTINUATION with END_HEADERS',
    (probe, target) => {
      openBlock(probe, target, F.endStream);
      goOn(probe, F.endHeaders);
      goOn(probe, F.endHeaders);
    },
    protocol,
  ),
  one(
    'http2/6.10/6',
    'CONTINUATION after DATA',
    (probe, target) => {
      openBlock(probe, target, 0, 'POST');
      data(probe, 1);
      goOn(probe, 0);
      goOn(probe, F.endHeaders, 0);
    },
    protocol,
  ),
  one(
    'http2/7/1',
    'GOAWAY with unknown error code',
    (probe) => {
      probe.frame(T.goAway, 0, 0, Buffer.concat([u32(0), u32(0xff)]));
      probe.ping(Buffer.from('h2spec\0\0'));
    },
    (probe) => pingAckOrClose(probe, Buffer.from('h2spec\0\0')),
  ),
  one(
    'http2/7/2',
    'RST_STREAM with unknown error code',
    (probe, target) => {
      probe.headers(1, common(target, 'POST'), OPEN);
      probe.frame(T.reset, 0, 1, u32(0xff));
      probe.ping();
    },
    pingAckOrClose,
  ),
  one(
    'http2/8.1/1',
    'second HEADERS without END_STREAM',
    (probe, target) => {
      probe.headers(1, common(target, 'POST'), OPEN);
      data(probe, 1, 'test', false);
      probe.headers(1, [['x-test', 'ok']], OPEN);
    },
    malformed,
  ),
  one('http2/8.1.2/1', 'field name in upper case', get(plus(['X-TEST', 'ok'])), malformed),
  one('http2/8.1.2.1/1', 'unknown pseudo-field', get(plus([':test', 'ok'])), malformed),
  one('http2/8.1.2.1/2', 'pseudo-field of responses', get(plus([':status', '200'])), malformed),
  one(
    'http2/8.1.2.1/3',
    'pseudo-field in trailers',
    (probe, target) => {
      probe.headers(1, common(target, 'POST'), OPEN);
      data(probe, 1, 'test', false);
      probe.headers(1, [[':method', 'POST']], OPEN);
    },
    malformed,
  ),
  one(
    'http2/8.1.2.1/4',
    'pseudo-field after a field',
    get((target) => [['x-test', 'ok'], ...common(target)]),
    malformed,
  ),
  one('http2/8.1.2.2/1', 'connection-specific field', get(plus(['connection', 'keep-alive'])), malformed),
  one(
    'http2/8.1.2.2/2',
    'TE other than trailers',
    get(plus(['trailers', 'test'], ['te', 'trailers, deflate'])),
    malformed,
  ),
  one(
    'http2/8.1.2.3/1',
    'empty :path',
    get((target) => common({ ...target, path: '' })),
    malformed,
  ),
  one('http2/8.1.2.3/2', 'no :method', get(without(':method', ':scheme')), malformed),
  one('http2/8.1.2.3/3', 'no :scheme', get(without(':scheme')), malformed),
  one('http2/8.1.2.3/4', 'no :path', get(without(':path')), malformed),
  one('http2/8.1.2.3/5', ':method twice', get(plus([':method', 'GET'])), malformed),
  one('http2/8.1.2.3/6', ':scheme twice', get(plus([':scheme', 'https'])), malformed),
  one(
    'http2/8.1.2.3/7',
    ':path twice',
    get((target) => plus([':path', target.path])(target)),
    malformed,
  ),
  one(
    'http2/8.1.2.6/1',
    'Content-Length other than the DATA frame',
    (probe, target) => {
      probe.headers(1, [...common(target, 'POST'), ['content-length', '1']], OPEN);
      data(probe, 1);
    },
    malformed,
  ),
  one(
    'http2/8.1.2.6/2',
    'Content-Length other than the DATA frames together',
    (probe, target) => {
      probe.headers(1, [...common(target, 'POST'), ['content-length', '1']], OPEN);
      data(probe, 1, 'test', false);
      data(probe, 1);
    },
    malformed,
  ),
  one(
    'http2/8.2/1',
    'PUSH_PROMISE',
    (probe, target) => probe.frame(T.push, F.endHeaders, 1, Buffer.concat([u32(3), encode(common(target))])),
    protocol,
  ),
];
