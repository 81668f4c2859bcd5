import {
  E,
  END,
  F,
  OPEN,
  T,
  block,
  common,
  data,
  dataFrame,
  encode,
  headersFrame,
  pingAck,
  pingAckOrClose,
  priority,
  settingsAck,
  streamCloses,
} from './h2spec-case.ts';
import type { H2SpecCase, H2SpecTarget } from './h2spec-case.ts';
import { PREFACE, S, u32 } from './probe.ts';
import type { Probe } from './probe.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** A request whose block ends, or begins, with a given representation. */
function withBlock(number: string, title: string, representation: string, before = false): H2SpecCase {
  return {
    number,
    title,
    async run(probe: Probe, target: H2SpecTarget) {
      const bytes = hex(representation);
      probe.headers(1, before ? Buffer.concat([bytes, block(target)]) : block(target, bytes), END);
      await headersFrame(probe);
    },
  };
}

function withPriority(number: string, title: string, id: number, payload: Buffer): H2SpecCase {
  return {
    number,
    title,
    async run(probe, target) {
      probe.frame(T.priority, 0, id, payload);
      probe.headers(1, common(target), END);
      await headersFrame(probe);
    },
  };
}

/** The section "generic": what every server has to take. */
export const genericCases: readonly H2SpecCase[] = [
  {
    number: 'generic/1/1',
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
    number: 'generic/2/1',
    title: 'PRIORITY on an idle stream',
    async run(probe) {
      probe.frame(T.priority, 0, 1, priority(0, 255));
      probe.ping();
      await pingAck(probe);
    },
  },
  {
    number: 'generic/2/2',
    title: 'WINDOW_UPDATE on a half-closed (remote) stream',
    async run(probe, target) {
      probe.setSettings([S.window, 0]);
      probe.headers(1, common(target), END);
      probe.frame(T.window, 0, 1, u32(1));
      await dataFrame(probe);
    },
  },
  {
    number: 'generic/2/3',
    title: 'PRIORITY on a half-closed (remote) stream',
    async run(probe, target) {
      probe.setSettings([S.window, 0]);
      probe.headers(1, common(target), END);
      probe.frame(T.priority, 0, 1, priority(0, 255));
      probe.frame(T.window, 0, 1, u32(1));
      await dataFrame(probe);
    },
  },
  {
    number: 'generic/2/4',
    title: 'RST_STREAM on a half-closed (remote) stream',
    async run(probe, target) {
      probe.headers(1, common(target), END);
      probe.frame(T.reset, 0, 1, u32(E.cancel));
      probe.ping();
      await pingAckOrClose(probe);
    },
  },
  {
    number: 'generic/2/5',
    title: 'PRIORITY on a closed stream',
    async run(probe, target) {
      probe.headers(1, common(target), END);
      await streamCloses(probe);
      probe.frame(T.priority, 0, 1, priority(0, 255));
      probe.ping();
      await pingAck(probe);
    },
  },
  {
    number: 'generic/3.1/1',
    title: 'DATA',
    async run(probe, target) {
      probe.headers(1, common(target, 'POST'), OPEN);
      data(probe, 1);
      await headersFrame(probe);
    },
  },
  {
    number: 'generic/3.1/2',
    title: 'several DATA frames',
    async run(probe, target) {
      probe.headers(1, common(target, 'POST'), OPEN);
      data(probe, 1, 'test', false);
      data(probe, 1);
      await headersFrame(probe);
    },
  },
  {
    number: 'generic/3.1/3',
    title: 'DATA with padding',
    async run(probe, target) {
      probe.headers(1, common(target, 'POST'), OPEN);
      const padded = Buffer.concat([Buffer.of(5), Buffer.from('test'), Buffer.alloc(5)]);
      probe.frame(T.data, F.endStream | F.padded, 1, padded);
      await headersFrame(probe);
    },
  },
  {
    number: 'generic/3.2/1',
    title: 'HEADERS',
    async run(probe, target) {
      probe.headers(1, common(target), END);
      await headersFrame(probe);
    },
  },
  {
    number: 'generic/3.2/2',
    title: 'HEADERS with padding',
    async run(probe, target) {
      const padded = Buffer.concat([Buffer.of(8), encode(common(target)), Buffer.alloc(8)]);
      probe.headers(1, padded, END | F.padded);
      await headersFrame(probe);
    },
  },
  {
    number: 'generic/3.2/3',
    title: 'HEADERS with priority',
    async run(probe, target) {
      probe.headers(1, Buffer.concat([priority(0, 255), encode(common(target))]), END | F.priority);
      await headersFrame(probe);
    },
  },
  withPriority('generic/3.3/1', 'PRIORITY with priority 1', 1, priority(0, 0)),
  withPriority('generic/3.3/2', 'PRIORITY with priority 256', 1, priority(0, 255)),
  withPriority('generic/3.3/3', 'PRIORITY with a stream dependency', 3, priority(1, 0)),
  withPriority('generic/3.3/4', 'PRIORITY with the exclusive bit', 1, priority(0, 0, true)),
  withPriority(
    'generic/3.3/5',
    'PRIORITY on an idle stream, then HEADERS on a lower one',
    3,
    priority(0, 255),
  ),
  {
    number: 'generic/3.4/1',
    title: 'RST_STREAM',
    async run(probe, target) {
      probe.headers(1, common(target), OPEN);
      probe.frame(T.reset, 0, 1, u32(E.cancel));
      probe.ping();
      await pingAckOrClose(probe);
    },
  },
  {
    number: 'generic/3.5/1',
    title: 'SETTINGS',
    async run(probe) {
      probe.setSettings(
        [S.tableSize, 4_096],
        [S.push, 1],
        [S.streams, 100],
        [S.window, 65_535],
        [S.frame, 16_384],
        [S.headerList, 100],
      );
      await settingsAck(probe);
    },
  },
  {
    number: 'generic/3.7/1',
    title: 'PING',
    async run(probe) {
      probe.ping(Buffer.from('h2spec\0\0'));
      await pingAck(probe, Buffer.from('h2spec\0\0'));
    },
  },
  {
    number: 'generic/3.8/1',
    title: 'GOAWAY',
    async run(probe) {
      probe.frame(T.goAway, 0, 0, Buffer.concat([u32(0), u32(E.no), Buffer.from('h2spec')]));
      probe.ping(Buffer.from('h2spec\0\0'));
      await pingAckOrClose(probe, Buffer.from('h2spec\0\0'));
    },
  },
  {
    number: 'generic/3.9/1',
    title: 'WINDOW_UPDATE of the connection',
    async run(probe) {
      probe.frame(T.window, 0, 0, u32(1));
      probe.ping();
      await pingAck(probe);
    },
  },
  {
    number: 'generic/3.9/2',
    title: 'WINDOW_UPDATE of a stream',
    async run(probe, target) {
      probe.headers(1, common(target), END);
      probe.frame(T.window, 0, 1, u32(1));
      await headersFrame(probe);
    },
  },
  {
    number: 'generic/3.10/1',
    title: 'CONTINUATION',
    async run(probe, target) {
      const whole = encode(common(target));
      probe.headers(1, whole.subarray(0, 5), F.endStream);
      probe.frame(T.continuation, F.endHeaders, 1, whole.subarray(5));
      await headersFrame(probe);
    },
  },
  {
    number: 'generic/3.10/2',
    title: 'several CONTINUATION frames',
    async run(probe, target) {
      const whole = encode(common(target));
      probe.headers(1, whole.subarray(0, 5), F.endStream);
      probe.frame(T.continuation, 0, 1, whole.subarray(5, 10));
      probe.frame(T.continuation, F.endHeaders, 1, whole.subarray(10));
      await headersFrame(probe);
    },
  },
  {
    number: 'generic/4/1',
    title: 'GET',
    async run(probe, target) {
      probe.headers(1, common(target), END);
      await headersFrame(probe);
    },
  },
  {
    number: 'generic/4/2',
    title: 'HEAD',
    async run(probe, target) {
      probe.headers(1, common(target, 'HEAD'), END);
      await headersFrame(probe);
    },
  },
  {
    number: 'generic/4/3',
    title: 'POST',
    async run(probe, target) {
      probe.headers(1, common(target, 'POST'), OPEN);
      data(probe, 1);
      await headersFrame(probe);
    },
  },
  {
    number: 'generic/4/4',
    title: 'POST with trailers',
    async run(probe, target) {
      probe.headers(1, [...common(target, 'POST'), ['trailer', 'x-test']], OPEN);
      data(probe, 1, 'test', false);
      probe.headers(1, [['x-test', 'ok']], END);
      await headersFrame(probe);
    },
  },
  withBlock('generic/5/1', 'indexed field', 'ba'),
  withBlock('generic/5/2', 'incremental indexing, indexed name', '4087b505b161cc5a93849c48aca4'),
  withBlock(
    'generic/5/3',
    'incremental indexing, indexed name, plain',
    '400a757365722d6167656e7406683273706563',
  ),
  withBlock('generic/5/4', 'incremental indexing, new name', '4006782d7465737406683273706563'),
  withBlock('generic/5/5', 'incremental indexing, new name, Huffman', '4085f2b24a84ff849c48aca4'),
  withBlock('generic/5/6', 'without indexing, indexed name', '000a757365722d6167656e7406683273706563'),
  withBlock('generic/5/7', 'without indexing, indexed name, Huffman', '0087b505b161cc5a93849c48aca4'),
  withBlock('generic/5/8', 'without indexing, new name', '0006782d7465737406683273706563'),
  withBlock('generic/5/9', 'without indexing, new name, Huffman', '0085f2b24a84ff849c48aca4'),
  withBlock('generic/5/10', 'never indexed, indexed name', '100a757365722d6167656e7406683273706563'),
  withBlock('generic/5/11', 'never indexed, indexed name, Huffman', '1087b505b161cc5a93849c48aca4'),
  withBlock('generic/5/12', 'never indexed, new name', '1085f2b24a84ff849c48aca4'),
  withBlock('generic/5/13', 'never indexed, new name, Huffman', '1085f2b24a84ff849c48aca4'),
  withBlock('generic/5/14', 'table size update', '3f61', true),
  withBlock('generic/5/15', 'several table size updates', '3f613fe11f', true),
];
