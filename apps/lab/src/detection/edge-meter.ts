import { createLedger } from '@media-network/edge/ledger';
import { EMPTY_ROOT, addressBytes, addressOf, toHex } from '@media-network/protocol';
import type { CollectedCommit, Entry } from '@media-network/protocol';

const SAMPLES = 12;
const MINUTES_A_SAMPLE = 5;

/** Bytes a minute of what an edge serves: much, some, and hardly anything. */
const TRAFFIC = [30_000_000, 2_000_000, 50_000].map((perMinute, i) => {
  const resource = addressOf(new Uint8Array(32).fill(i + 1));
  return { resource, key: toHex(addressBytes(resource)), perMinute };
});
/** Of minutes, those after which the journal has all: in life it is a fifth of a second behind. */
const FLUSHED = 0.8;

const unread = (): never => {
  throw new RangeError('there are no sessions here');
};
const newLedger = () => createLedger({ token: unread, receipt: unread });

/** The books of an edge, which are those of a real one, and what it signs of them. A minute is the least that passes. */
export interface EdgeMeter {
  /** Serves for a minute. */
  serve(minute: number): void;
  /** What it commits to in the sample of this minute. */
  commit(minute: number): void;
  /** Killed, and started again with what was in its journal. */
  kill(): void;
  /** Closes an hour, commits to what it had counted by its end, and says what it counted in it. */
  report(hour: number): readonly Entry[];
  /** All that it has signed of an hour. */
  commitsOf(hour: number): readonly CollectedCommit[];
}

export function createEdgeMeter(random: () => number): EdgeMeter {
  let ledger = newLedger();
  let journal = ledger.snapshot();
  let boot = 1;
  const signed = new Map<number, CollectedCommit[]>();
  const flush = (): void => void journal.push(...ledger.take());

  function commitAt(sample: number): void {
    const hour = Math.floor(sample / SAMPLES);
    const [of, slot] = [signed.get(hour) ?? [], sample % SAMPLES];
    if (of.some(({ commit }) => commit.slot === slot && commit.boot === boot)) return;
    const counters = new Map(
      [...ledger.totalsBefore(sample)].map(([key, bytes]) => [
        TRAFFIC.find((each) => each.key === key)?.resource ?? key,
        BigInt(bytes),
      ]),
    );
    flush();
    const total = [...counters.values()].reduce((sum, bytes) => sum + bytes, 0n);
    const at = { edge: 'the edge', boot, hour: BigInt(hour), slot, unixMs: BigInt(sample) };
    of.push({
      commit: { ...at, total, count: counters.size, root: EMPTY_ROOT, signature: new Uint8Array(64) },
      counters,
    });
    signed.set(hour, of);
  }

  return {
    serve(minute) {
      for (const { key, perMinute } of TRAFFIC)
        ledger.addServed(key, Math.floor(minute / MINUTES_A_SAMPLE), Math.floor(perMinute * 2 * random()));
      if (random() < FLUSHED) flush();
    },
    commit: (minute) => commitAt(Math.floor(minute / MINUTES_A_SAMPLE)),
    kill() {
      ledger = newLedger();
      for (const record of journal) ledger.apply(record);
      boot += 1;
    },
    report(hour) {
      ledger.freeze(hour);
      const samples = ledger.hour(hour)?.samples;
      commitAt((hour + 1) * SAMPLES);
      const entries = TRAFFIC.flatMap(({ resource, key }): Entry[] => {
        const slots = (samples?.get(key) ?? []).map(BigInt);
        return slots.length === 0
          ? []
          : [
              {
                resource,
                slots,
                asked: 0n,
                receiptsRoot: EMPTY_ROOT,
                digestRoot: EMPTY_ROOT,
                sessions: 0,
                digests: 0,
              },
            ];
      });
      ledger.settle(hour, 'submitted');
      flush();
      // Only what a start needs: the journal of a life of weeks is not kept.
      journal = ledger.snapshot();
      for (const old of signed.keys()) if (old + 1 < hour) signed.delete(old);
      return entries;
    },
    commitsOf: (hour) => signed.get(hour) ?? [],
  };
}
