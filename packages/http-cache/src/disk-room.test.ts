import { createManualClock } from '@media-network/runtime/testing';
import { expect, test } from 'vitest';
import { createDiskRoom } from './disk-room.ts';

function disk(free: number) {
  const clock = createManualClock();
  const state = { free, looks: 0 };
  const freeBytes = (): Promise<number> => {
    state.looks += 1;
    return Promise.resolve(state.free);
  };
  return { clock, state, room: createDiskRoom({ clock, freeBytes }, 1_000) };
}

const unknown = (): Promise<number> => Promise.reject(new Error('unknown'));

test('many writes of a moment cost one look at the disk, and count before it sees them', async () => {
  const { clock, state, room } = disk(2_000);
  for (let i = 0; i < 10; i += 1) expect(await room.has(100)).toBe(true);
  expect(state.looks).toBe(1);
  expect(await room.has(2_000)).toBe(false);
  clock.advance(20);
  expect(await room.has(100)).toBe(true);
  expect(state.looks).toBe(3);
});

test('whoever asks while the disk is looked at waits for that look, and what is let through then counts', async () => {
  const { state, room } = disk(2_000);
  const asked = Array.from({ length: 30 }, () => room.has(100));
  expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(10);
  expect(state.looks).toBe(1);
});

test('what was announced is not there to be given away, and comes back when it is not brought', async () => {
  const { room } = disk(2_000);
  room.promise(950);
  expect(await room.has(100)).toBe(false);
  room.promise(-950);
  expect(await room.has(100)).toBe(true);
});

test('a refusal rests on a look at the disk of now, and so does what must be sure', async () => {
  const { state, room } = disk(1_100);
  expect(await room.has(100)).toBe(true);
  state.free = 5_000;
  expect(await room.has(100)).toBe(true);
  state.free = 1_000;
  expect(await room.has(100)).toBe(true);
  expect(await room.has(100, true)).toBe(false);
});

test('without a reserve, or a file system that does not say, there is room', async () => {
  const clock = createManualClock();
  const freeBytes = unknown;
  expect(await createDiskRoom({ clock, freeBytes }, 0).has(1e15)).toBe(true);
  expect(await createDiskRoom({ clock, freeBytes }, 10).has(1e15)).toBe(true);
});
