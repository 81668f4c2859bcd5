import { seededNumbers } from '@media-network/runtime/seeded-numbers';
import { expect, it } from 'vitest';
import { FIRST_TIMEOUT_MS, createLane, handshakeMs } from './lane.ts';

const never = (): number => 0.999;

it('what is not lost arrives after the way, whole', () => {
  const lane = createLane({ oneWayMs: 50, loss: 0.01 }, never);
  const [arrival, ...others] = lane.send(1_000, 20_000);
  expect([arrival?.bytes, others]).toEqual([20_000, []]);
  // Queues add a tenth of the way at most.
  expect(arrival?.atMs).toBeGreaterThanOrEqual(1_050);
  expect(arrival?.atMs).toBeLessThanOrEqual(1_055);
});

it('a lost packet holds up what is behind it, for a round trip where enough of it tells', () => {
  const draws = [0, /* the first is there */ 0.5, /* the second is not */ 0, 0.5];
  const lane = createLane({ oneWayMs: 50, loss: 0.1 }, () => draws.shift() ?? 0.5);
  expect(lane.send(0, 5 * 1_460)).toEqual([
    { bytes: 1_460, atMs: 50 },
    { bytes: 4 * 1_460, atMs: 150 },
  ]);
});

it('a lost packet with nothing behind it waits for its timeout, each time twice as long', () => {
  const draws = [0, 0, 0, 0.5];
  const lane = createLane({ oneWayMs: 10, loss: 0.1 }, () => draws.shift() ?? 0.5);
  expect(lane.send(0, 100)).toEqual([{ bytes: 100, atMs: 10 + 200 + 400 }]);
});

it('nothing overtakes, and nothing gets lost for good', () => {
  const lane = createLane({ oneWayMs: 30, loss: 0.3 }, seededNumbers(7));
  let [last, bytes] = [0, 0];
  for (let sent = 0; sent < 500; sent += 1)
    for (const arrival of lane.send(sent, 4_000)) {
      expect(arrival.atMs).toBeGreaterThanOrEqual(last);
      last = arrival.atMs;
      bytes += arrival.bytes;
    }
  expect(bytes).toBe(500 * 4_000);
});

it('a connection takes a round trip, and a second where one of its packets was lost', () => {
  expect(handshakeMs({ oneWayMs: 40, loss: 0.1 }, never)).toBe(80);
  const draws = [0.5, 0, 0.5, 0.5];
  expect(handshakeMs({ oneWayMs: 40, loss: 0.1 }, () => draws.shift() ?? 0.5)).toBe(80 + FIRST_TIMEOUT_MS);
});
