import { appendFile, mkdtemp, open, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock } from '@media-network/runtime';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeFrame, readFrames } from './frame.ts';
import { openJournal } from './journal.ts';
import type { JournalFiles } from './journal.ts';
import { createLedger } from './ledger.ts';
import type { EvidenceReaders, Ledger } from './ledger.ts';
import { decodeRecords, encodeRecord } from './record.ts';
import type { JournalRecord } from './record.ts';

const key = (n: number): string => n.toString(16).padStart(64, '0');
/** Tokens and receipts of these tests: session in byte 0, hour in byte 1, resource in byte 2. */
const readers: EvidenceReaders = {
  token: (bytes) => ({
    session: (bytes[0] ?? 0).toString(16).padStart(32, '0'),
    hour: bytes[1] ?? 0,
    resource: key(bytes[2] ?? 0),
  }),
  receipt: (bytes) => ({
    session: (bytes[0] ?? 0).toString(16).padStart(32, '0'),
    bytes: bytes[1] ?? 0,
    sequence: BigInt(bytes[2] ?? 0),
  }),
};
const token = (session: number, hour: number, resource: number): Uint8Array =>
  Uint8Array.from({ length: 165 }, (_, i) => [session, hour, resource][i] ?? 0);
const receipt = (session: number, bytes: number, sequence: number): Uint8Array =>
  Uint8Array.from({ length: 184 }, (_, i) => [session, bytes, sequence][i] ?? 0);

/** A ledger as plain data, to compare two. */
function stateOf(ledger: Ledger): unknown {
  return {
    totals: Array.from({ length: 4 }, (_, n) => ledger.total(key(n))),
    totalBytes: ledger.totalBytes,
    boot: ledger.boot,
    hours: ledger.openHours().map((hour) => {
      const book = ledger.hour(hour);
      return {
        hour,
        samples: new Map(book?.samples),
        sessions: new Map(book?.sessions),
        digests: new Map(book?.digests),
        signed: new Map([...(book?.signed ?? [])].filter(([, bytes]) => bytes !== 0)),
        sealed: book?.sealed,
      };
    }),
  };
}

const records = fc.oneof(
  fc.record({
    kind: fc.constant('served' as const),
    resource: fc.nat(3).map(key),
    sample: fc.nat(59),
    bytes: fc.integer({ min: 1, max: 2 ** 40 }),
  }),
  fc.record({
    kind: fc.constant('session' as const),
    token: fc.tuple(fc.nat(5), fc.nat(4), fc.nat(3)).map(([a, b, c]) => token(a, b, c)),
  }),
  fc.record({
    kind: fc.constant('sessionServed' as const),
    session: fc.nat(5).map((n) => n.toString(16).padStart(32, '0')),
    bytes: fc.nat(1_000_000),
  }),
  fc.record({
    kind: fc.constant('receipt' as const),
    receipt: fc.tuple(fc.nat(5), fc.nat(255), fc.nat(255)).map(([a, b, c]) => receipt(a, b, c)),
  }),
  fc.record({
    kind: fc.constant('digest' as const),
    hour: fc.nat(4),
    resource: fc.nat(3).map(key),
    target: fc.nat(9).map(key),
    body: fc.nat(9).map(key),
    size: fc.nat(),
  }),
  fc.record({
    kind: fc.constant('sealed' as const),
    hour: fc.nat(4),
    root: fc.nat().map(key),
    bytes: fc.nat(),
    count: fc.nat(),
  }),
  fc.record({
    kind: fc.constant('settled' as const),
    hour: fc.nat(1),
    outcome: fc.constantFrom('submitted' as const, 'tooLate' as const, 'refused' as const),
  }),
  fc.record({ kind: fc.constant('total' as const), resource: fc.nat(3).map(key), bytes: fc.nat() }),
  fc.record({ kind: fc.constant('boot' as const), boot: fc.nat(2 ** 32 - 1) }),
);

describe('records and frames', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.array(records), (list: JournalRecord[]) => {
        expect(decodeRecords(Buffer.concat(list.map(encodeRecord)))).toEqual(list);
      }),
    );
  });

  it('are read up to the first byte that is off, and never past it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (payloads, at, flip) => {
          const frames = payloads.map((payload) => encodeFrame(payload));
          const file = Buffer.concat(frames);
          const position = at % file.length;
          file[position] = (file[position] ?? 0) ^ flip;
          let before = 0;
          let whole = 0;
          for (const frame of frames) {
            if (before + frame.length > position) break;
            before += frame.length;
            whole += 1;
          }
          const read = readFrames(file);
          expect(read.payloads.length).toBe(whole);
          expect(read.intact).toBe(before);
        },
      ),
    );
  });
});

describe('ledger', () => {
  it('is the same after its snapshot is replayed', () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 60 }), (list) => {
        const one = createLedger(readers);
        for (const record of list) one.apply(record);
        const two = createLedger(readers);
        for (const record of one.snapshot()) two.apply(record);
        expect(stateOf(two)).toEqual(stateOf(one));
      }),
    );
  });

  it('hands out everything once', () => {
    const one = createLedger(readers);
    const two = createLedger(readers);
    one.addServed(key(1), 13, 100);
    one.addServed(key(1), 13, 50);
    one.addServed(key(2), 14, 7);
    one.addSessionServed(one.openSession(token(1, 1, 1)), 60);
    one.openSession(token(1, 1, 1));
    const book = one.session('1'.padStart(32, '0'));
    if (book === undefined) throw new Error('no session');
    one.putReceipt(book, receipt(1, 60, 1));
    one.addDigest(1, key(1), { target: key(5), body: key(6), size: 3 });
    one.addDigest(1, key(1), { target: key(5), body: key(6), size: 3 });
    expect(one.pendingBytes).toBe(157);
    const taken = one.take();
    expect(taken.filter((record) => record.kind === 'served')).toHaveLength(2);
    expect(taken).toHaveLength(6);
    expect(one.take()).toEqual([]);
    expect(one.pendingBytes).toBe(0);
    for (const record of taken) two.apply(record);
    expect(stateOf(two)).toEqual(stateOf(one));
  });

  it('hands out bytes before what rests on them, so that a torn write leaves no receipt above them', () => {
    const one = createLedger(readers);
    const book = one.openSession(token(2, 1, 1));
    one.addSessionServed(book, 9);
    one.putReceipt(book, receipt(2, 9, 1));
    one.addServed(key(1), 12, 9);
    one.seal(1, { root: key(1), bytes: 9, count: 1 });
    expect(one.take().map(({ kind }) => kind)).toEqual([
      'session',
      'served',
      'sessionServed',
      'receipt',
      'sealed',
    ]);
  });

  it('knows the last sample that anything was counted in, and a replay does, too', () => {
    const ledger = createLedger(readers);
    expect(ledger.lastCounted()).toBe(0);
    ledger.addServed(key(1), 30, 5);
    ledger.addServed(key(2), 26, 5);
    expect(ledger.lastCounted()).toBe(30);
    const again = createLedger(readers);
    for (const record of ledger.snapshot()) again.apply(record);
    expect(again.lastCounted()).toBe(30);
    again.settle(2, 'submitted');
    expect(again.lastCounted()).toBe(0);
  });

  it('puts what comes after the seal of an hour to the next one', () => {
    const ledger = createLedger(readers);
    expect(ledger.addServed(key(1), 11, 5)).toBe(11);
    ledger.freeze(0);
    expect(ledger.addServed(key(1), 11, 6)).toBe(12);
    expect(ledger.bytesInHour(key(1), 0)).toBe(5);
    expect(ledger.bytesInHour(key(1), 1)).toBe(6);
    expect(ledger.takesReceipts(ledger.openSession(token(1, 0, 1)))).toBe(false);
  });
});

describe('journal', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'media-journal-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const start = async (files?: JournalFiles) => {
    const ledger = createLedger(readers);
    const journal = await openJournal(
      { ledger, clock: systemClock, log: silentLog, ...(files === undefined ? {} : { files }) },
      { dir },
    );
    return { ledger, journal };
  };
  const file = async (): Promise<string> => {
    const names = (await readdir(dir)).filter((name) => name.endsWith('.log'));
    expect(names).toHaveLength(1);
    return join(dir, names[0] ?? '');
  };

  it('has after a restart what it had acknowledged', async () => {
    const one = await start();
    one.ledger.addServed(key(1), 3, 100);
    expect(one.journal.unacknowledgedBytes).toBe(100);
    await one.journal.flush();
    expect(one.journal.unacknowledgedBytes).toBe(0);
    one.ledger.addServed(key(1), 3, 11);
    // No close: as if killed. Only what was flushed is there.
    const two = await start();
    expect(two.ledger.total(key(1))).toBe(100);
    await two.journal.close();
    await one.journal.close().catch(() => undefined);
  });

  it('starts under a number that no life before had, not even one of a copy', async () => {
    const one = await start();
    const first = one.ledger.boot;
    expect(first).toBeGreaterThanOrEqual(Math.floor(Date.now() / 1000) - 1);
    await one.journal.close();
    const two = await start();
    expect(two.ledger.boot).toBeGreaterThan(first);
    // No close: as if killed.
    const three = await start();
    expect(three.ledger.boot).toBeGreaterThan(two.ledger.boot);
    await three.journal.close();
    await two.journal.close().catch(() => undefined);
    // A backup of the first life, put back later: the clock tells it from those that came after.
    await rm(dir, { recursive: true });
    dir = await mkdtemp(join(tmpdir(), 'media-journal-'));
    const ledger = createLedger(readers);
    const later = { ...systemClock, nowMs: () => Date.now() + 60_000 };
    const copy = await openJournal({ ledger, clock: later, log: silentLog }, { dir });
    expect(ledger.boot).toBeGreaterThan(three.ledger.boot);
    await copy.close();
  });

  it('cuts a torn tail at any byte and keeps what was whole', async () => {
    const one = await start();
    const acknowledged: number[] = [];
    for (let i = 1; i <= 5; i += 1) {
      one.ledger.addServed(key(1), i, 10 ** i);
      await one.journal.flush();
      acknowledged.push((await readFile(await file())).length);
    }
    await one.journal.close();
    const path = await file();
    const whole = await readFile(path);
    for (let length = acknowledged[0] ?? 0; length <= whole.length; length += 1) {
      await rm(dir, { recursive: true });
      dir = await mkdtemp(join(tmpdir(), 'media-journal-'));
      await writeFile(join(dir, 'journal-0000000001.log'), whole.subarray(0, length));
      const again = await start();
      const flushes = acknowledged.filter((end) => end <= length).length;
      expect(again.ledger.total(key(1))).toBe(
        Array.from({ length: flushes }, (_, i) => 10 ** (i + 1)).reduce((a, b) => a + b, 0),
      );
      await again.journal.close();
    }
  });

  it('goes on after garbage at its end, and after a snapshot that was not finished', async () => {
    const one = await start();
    one.ledger.addServed(key(1), 1, 5);
    await one.journal.close();
    await appendFile(await file(), Buffer.from('garbage that no frame begins with'));
    await writeFile(join(dir, 'journal-0000000009.log.tmp'), 'half');
    const two = await start();
    two.ledger.addServed(key(1), 1, 6);
    await two.journal.close();
    const three = await start();
    expect(three.ledger.total(key(1))).toBe(11);
    await three.journal.close();
  });

  it('gets shorter when hours are settled', async () => {
    const one = await start();
    for (let i = 0; i < 2_000; i += 1) {
      one.ledger.addServed(key(i % 4), i % 12, 100);
      one.ledger.addDigest(0, key(1), { target: key(i), body: key(i), size: i });
      if (i % 100 === 0) await one.journal.flush();
    }
    await one.journal.flush();
    const before = (await readFile(await file())).length;
    one.ledger.settle(0, 'submitted');
    await one.journal.rotate();
    const after = (await readFile(await file())).length;
    expect(after).toBeLessThan(before / 100);
    await one.journal.close();
    const two = await start();
    expect(two.ledger.total(key(1))).toBe(50_000);
    expect(two.ledger.openHours()).toEqual([]);
    expect(two.ledger.addServed(key(1), 3, 1)).toBe(12);
    await two.journal.close();
  });

  it('acknowledges nothing on a full disk, says so, and loses nothing when there is room again', async () => {
    let room = true;
    const files: JournalFiles = {
      open: async (path, flags) => {
        const handle = await open(path, flags);
        return {
          async write(bytes, offset, length, position) {
            if (room) return handle.write(bytes, offset, length, position);
            // A disk that fills in the middle of a frame.
            await handle.write(bytes, offset, Math.min(5, length), position);
            throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
          },
          truncate: (length) => handle.truncate(length),
          datasync: () => handle.datasync(),
          close: () => handle.close(),
        };
      },
    };
    const one = await start(files);
    one.ledger.addServed(key(1), 1, 10);
    await one.journal.flush();
    room = false;
    one.ledger.addServed(key(1), 1, 20);
    await expect(one.journal.flush()).rejects.toThrow(/no space/);
    expect(one.journal.state).toBe('full');
    one.ledger.addServed(key(1), 1, 30);
    await expect(one.journal.flush()).rejects.toThrow();
    expect(one.journal.unacknowledgedBytes).toBe(50);
    const crashed = await start();
    expect(crashed.ledger.total(key(1))).toBe(10);
    await crashed.journal.close();
    await rm(dir, { recursive: true });
    dir = await mkdtemp(join(tmpdir(), 'media-journal-'));

    room = true;
    const two = await start(files);
    two.ledger.addServed(key(1), 1, 1);
    room = false;
    await expect(two.journal.flush()).rejects.toThrow();
    two.ledger.addServed(key(1), 1, 2);
    room = true;
    await two.journal.flush();
    expect(two.journal.state).toBe('ok');
    expect(two.journal.unacknowledgedBytes).toBe(0);
    await two.journal.close();
    const three = await start();
    expect(three.ledger.total(key(1))).toBe(3);
    await three.journal.close();
  });

  it('refuses a file of another version rather than guess', async () => {
    await writeFile(join(dir, 'journal-0000000001.log'), encodeFrame(Buffer.from([99, 1, 2])));
    await expect(start()).rejects.toMatchObject({ code: 'edge/journal-corrupt' });
    await truncate(join(dir, 'journal-0000000001.log'), 0);
    const mended = await start();
    await mended.journal.close();
  });
});
