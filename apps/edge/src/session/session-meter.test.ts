import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bookSigned, bookWritten, signableBytes, startMeter } from './session-meter.ts';

const fresh = { served: 0, signed: 0 };

describe('bytes of a session', () => {
  it('are booked once, whichever of write and receipt comes first', () => {
    const meter = startMeter(fresh, 1_000, false);
    meter.handed += 500;
    expect(bookSigned(meter, 400)).toBe(400);
    expect(bookWritten(meter, 500)).toBe(100);
    expect(meter).toMatchObject({ served: 500, handed: 500, signed: 400, ahead: 0 });
    meter.handed += 100;
    expect(bookWritten(meter, 100)).toBe(100);
    expect(bookSigned(meter, 600)).toBe(0);
  });

  it('can be signed for after a crash that lost them, up to the credit window and no further', () => {
    const meter = startMeter({ served: 900_000, signed: 850_000 }, 200_000, true);
    expect(signableBytes(meter)).toBe(850_000 + 200_000 + 65_536);
    expect(bookSigned(meter, 1_000_000)).toBe(100_000);
    expect(signableBytes(meter)).toBe(850_000 + 200_000 + 65_536);
    meter.handed += 50_000;
    expect(bookWritten(meter, 50_000)).toBe(50_000);
    expect(bookSigned(meter, 1_050_000)).toBe(0);
    expect(startMeter({ served: 900_000, signed: 850_000 }, 200_000, false).lost).toBe(0);
  });

  it('are never booked above what was written, however writes and receipts meet', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ write: fc.nat(100), early: fc.boolean(), part: fc.nat(100) })),
        (steps) => {
          const meter = startMeter(fresh, 1_000, false);
          let booked = 0;
          let written = 0;
          for (const { write, early, part } of steps) {
            meter.handed += write;
            written += write;
            const signable = Math.max(meter.signed, Math.floor((signableBytes(meter) * part) / 100));
            if (early) booked += bookSigned(meter, signable);
            booked += bookWritten(meter, write);
            if (!early) booked += bookSigned(meter, signable);
            expect(booked).toBe(meter.served);
            expect(booked).toBe(written);
          }
        },
      ),
    );
  });
});
