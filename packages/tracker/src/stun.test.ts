import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { bindingAnswer, startStun } from './stun.ts';

const QUESTION = Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex');

it('answers as RFC 5769 has it, for both kinds of address', () => {
  // §2.2 and §2.3: the mapped addresses of the sample answers.
  const four = bindingAnswer(QUESTION, { address: '192.0.2.1', port: 32_853 });
  expect(four?.subarray(0, 4).toString('hex')).toBe('0101000c');
  expect(four?.subarray(4, 20)).toEqual(QUESTION.subarray(4));
  expect(four?.subarray(20).toString('hex')).toBe('002000080001a147e112a643');
  const six = bindingAnswer(QUESTION, { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 });
  expect(six?.subarray(20).toString('hex')).toBe('002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9');
  expect(bindingAnswer(QUESTION, { address: '::ffff:192.0.2.1', port: 32_853 })).toEqual(four);
});

it('answers nothing else', () => {
  const other = (at: number, byte: number): Buffer => {
    const changed = Buffer.from(QUESTION);
    changed[at] = byte;
    return changed;
  };
  const from = { address: '192.0.2.1', port: 1 };
  expect(bindingAnswer(other(1, 3), from)).toBeUndefined();
  expect(bindingAnswer(other(0, 1), from)).toBeUndefined();
  expect(bindingAnswer(other(3, 4), from)).toBeUndefined();
  expect(bindingAnswer(other(4, 0), from)).toBeUndefined();
  expect(bindingAnswer(QUESTION.subarray(1), from)).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(bindingAnswer(Buffer.from(bytes), from)).toBeUndefined();
    }),
  );
});

it('tells a socket where it is seen, and one that asks without end no more', async () => {
  const server = await startStun({ host: '127.0.0.1', port: 0, nowMs: () => 0 });
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let answers = 0;
  const last = Buffer.from(QUESTION);
  const done = new Promise<void>((resolve) => {
    socket.on('message', (answer: Buffer) => {
      answers += 1;
      expect(answer.readUInt16BE(26) ^ 0x21_12).toBe(socket.address().port);
      if (answers === 20) resolve();
    });
  });
  for (let i = 0; i < 60; i += 1) socket.send(last, server.port, '127.0.0.1');
  await done;
  // What came after the twentieth was heard before this: nothing is left to come.
  const other = createSocket('udp4');
  other.bind(0, '127.0.0.2');
  await once(other, 'listening');
  const heard = once(other, 'message');
  other.send(last, server.port, '127.0.0.1');
  await heard;
  expect(answers).toBe(20);
  other.close();
  socket.close();
  await server.close();
});
