import packet from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { createManualClock } from '@media-network/runtime/testing';
import { createSource, readSource } from '../src/asker.ts';
import type { Responder } from '../src/responder.ts';
import { testResponder } from './test-zone.ts';

const out = Buffer.alloc(65_535);

function ask(
  responder: Responder,
  message: Uint8Array,
  { from = '203.0.113.9', transport = 'udp' }: { from?: string; transport?: 'udp' | 'tcp' } = {},
): Buffer | undefined {
  const source = createSource();
  readSource(from, source);
  const size = responder.respond(message, message.length, source, transport, out);
  return size === 0 ? undefined : Buffer.from(out.subarray(0, size));
}

interface Wanted {
  readonly type?: string;
  readonly name?: string;
  readonly edns?: Partial<packet.OptAnswer>;
  readonly flags?: number;
}

const query = ({ name = 'www.zone.test', type = 'A', edns, flags = 0 }: Wanted = {}): Buffer =>
  packet.encode({
    type: 'query',
    id: 4_711,
    flags,
    questions: [{ type: type as 'A', name, class: 'IN' }],
    additionals:
      edns === undefined
        ? []
        : [
            {
              type: 'OPT',
              name: '.',
              udpPayloadSize: 1_232,
              flags: 0,
              options: [],
              extendedRcode: 0,
              ednsVersion: 0,
              flag_do: false,
              ...edns,
            },
          ],
  });

const said = (responder: Responder, message: Uint8Array, how = {}): packet.DecodedPacket => {
  const answer = ask(responder, message, how);
  if (answer === undefined) throw new Error('no answer');
  return packet.decode(answer);
};
const optOf = (answer: packet.DecodedPacket): packet.OptAnswer => {
  const opt = answer.additionals?.find((each) => each.type === 'OPT');
  if (opt === undefined) throw new Error('no OPT');
  return opt;
};
const rcodeOf = (bytes: Uint8Array | undefined): number | undefined =>
  bytes === undefined ? undefined : (bytes[3] ?? 0) & 0x0f;
const option = (code: number, data: readonly number[]): packet.PacketOpt =>
  ({ code, data: Buffer.from(data) }) as unknown as packet.PacketOpt;

const named = (lastLabel: number): Buffer => {
  const labels = [63, 63, 63, lastLabel].flatMap((size) => [size, ...Buffer.alloc(size, 'a')]);
  return Buffer.concat([query().subarray(0, 12), Buffer.from([...labels, 0, 0, 1, 0, 1])]);
};
const cookieOf = (answer: packet.DecodedPacket): number[] => [
  ...(optOf(answer).options[0] as unknown as { data: Buffer }).data,
];

describe('what is there', () => {
  const responder = testResponder();

  test('is answered in the order of its bytes, with authority, the id and the RD bit of the query', () => {
    const answer = said(responder, query({ flags: packet.RECURSION_DESIRED }));
    expect(answer).toMatchObject({
      id: 4_711,
      type: 'response',
      flag_aa: true,
      flag_rd: true,
      flag_ra: false,
    });
    expect(answer.answers).toMatchObject([
      { type: 'A', name: 'www.zone.test', ttl: 60, data: '192.0.2.1' },
      { type: 'A', name: 'www.zone.test', ttl: 60, data: '192.0.2.2' },
    ]);
    expect(answer.additionals).toEqual([]);
  });

  test('is found whatever the case of its letters, which come back as they were', () => {
    const answer = said(responder, query({ name: 'wWw.ZoNe.TEST' }));
    expect(answer.questions?.[0]?.name).toBe('wWw.ZoNe.TEST');
    expect(answer.answers).toHaveLength(2);
  });

  test('has every type its own records', () => {
    expect(said(responder, query({ type: 'AAAA' })).answers).toMatchObject([{ data: '2001:db8::1' }]);
    expect(said(responder, query({ type: 'CAA', name: 'zone.test' })).answers).toMatchObject([
      { data: { flags: 0, tag: 'issue', value: 'ca.test' } },
    ]);
    expect(said(responder, query({ type: 'NS', name: 'zone.test' })).answers).toHaveLength(2);
    expect(said(responder, query({ type: 'SOA', name: 'zone.test' })).answers).toMatchObject([
      { data: { mname: 'ns1.zone.test', serial: 7 } },
    ]);
  });

  test('is given to ANY one set at a time', () => {
    const answer = said(responder, query({ type: 'ANY' }));
    expect(answer.answers?.map(({ type }) => type)).toEqual(['A', 'A']);
    expect(said(responder, query({ type: 'ANY', name: 'zone.test' })).answers).toHaveLength(1);
    expect(said(responder, query({ type: 'ANY', name: 'geo.zone.test' })).answers).toHaveLength(1);
  });
});

describe('what is not there', () => {
  const responder = testResponder();
  const soa = {
    type: 'SOA',
    name: 'zone.test',
    ttl: 60,
    data: { mname: 'ns1.zone.test', rname: 'host.zone.test', minimum: 60 },
  };

  test.each([
    ['no such name', 'none.zone.test', 'A', 3],
    ['no such type', 'www.zone.test', 'MX', 0],
    ['no record for this asker', 'geo.zone.test', 'AAAA', 0],
    ['below a name that is there', 'a.www.zone.test', 'A', 3],
    ['DS at the apex, which is for the parent to have', 'zone.test', 'DS', 0],
  ])('%s: the SOA, and the right code', (_what, name, type, rcode) => {
    const bytes = ask(responder, query({ name, type, edns: {} }));
    expect(rcodeOf(bytes)).toBe(rcode);
    const answer = packet.decode(bytes ?? Buffer.alloc(0));
    expect(answer.flag_aa).toBe(true);
    expect(answer.authorities).toMatchObject([soa]);
  });

  test('a name that only ends in the same bytes is not of the zone', () => {
    expect(rcodeOf(ask(responder, query({ name: 'otherzone.test' })))).toBe(5);
    // A label of twelve bytes whose tail is the apex on the wire.
    const odd = Buffer.concat([
      query().subarray(0, 12),
      Buffer.from([12, ...Buffer.from('xx\x04zone\x04test'), 0, 0, 1, 0, 1]),
    ]);
    expect(rcodeOf(ask(responder, odd))).toBe(5);
  });

  test('another zone, class or a transfer is refused without authority', () => {
    expect(said(responder, query({ name: 'www.example' }))).toMatchObject({
      flag_aa: false,
      rcode: 'REFUSED',
    });
    const chaos = query({ name: 'version.bind', type: 'TXT' });
    chaos.writeUInt16BE(3, chaos.length - 2);
    expect(rcodeOf(ask(responder, chaos))).toBe(5);
    expect(rcodeOf(ask(responder, query({ type: 'AXFR', name: 'zone.test' }), { transport: 'tcp' }))).toBe(5);
  });
});

describe('what is no query', () => {
  const responder = testResponder();
  const changed = (change: (bytes: Buffer) => void, base = query()): Buffer => {
    const bytes = Buffer.from(base);
    change(bytes);
    return bytes;
  };

  test('answers and noise are left without an answer, so that two servers cannot go on for ever', () => {
    expect(
      ask(
        responder,
        changed((bytes) => bytes.writeUInt16BE(0x8000, 2)),
      ),
    ).toBeUndefined();
    expect(ask(responder, Buffer.alloc(11))).toBeUndefined();
    expect(ask(responder, Buffer.alloc(0))).toBeUndefined();
  });

  test.each([
    ['two questions', changed((bytes) => bytes.writeUInt16BE(2, 4)), 1],
    ['no question', changed((bytes) => bytes.writeUInt16BE(0, 4)), 1],
    ['65,535 questions', changed((bytes) => bytes.writeUInt16BE(65_535, 4)), 1],
    ['an answer within', changed((bytes) => bytes.writeUInt16BE(1, 6)), 1],
    ['65,535 additional records', changed((bytes) => bytes.writeUInt16BE(65_535, 10)), 1],
    ['an additional record that is not there', changed((bytes) => bytes.writeUInt16BE(1, 10)), 1],
    ['something behind its end', Buffer.concat([query(), Buffer.from([0])]), 1],
    ['a name that points to itself', changed((bytes) => bytes.writeUInt16BE(0xc00c, 12)), 1],
    ['a name cut off', query().subarray(0, 20), 1],
    ['a label of 64 bytes', changed((bytes) => bytes.writeUInt8(64, 12)), 1],
    ['a NOTIFY', changed((bytes) => bytes.writeUInt16BE(4 << 11, 2)), 4],
    ['an UPDATE', changed((bytes) => bytes.writeUInt16BE(5 << 11, 2)), 4],
    ['a STATUS', changed((bytes) => bytes.writeUInt16BE(2 << 11, 2)), 4],
    ['a TKEY', query({ type: 'UNKNOWN_249' }), 4],
    ['an OPT for a type', query({ type: 'OPT' }), 1],
  ])('%s', (_what, bytes, rcode) => {
    expect(rcodeOf(ask(responder, bytes))).toBe(rcode);
  });

  test('a name of 255 bytes is read, of 256 it is not', () => {
    expect(rcodeOf(ask(responder, named(61)))).toBe(5);
    expect(rcodeOf(ask(responder, named(62)))).toBe(1);
  });

  test('EDNS of another version, twice, or owned by a name', () => {
    const later = said(responder, query({ edns: { ednsVersion: 1 } }));
    expect(optOf(later)).toMatchObject({ extendedRcode: 1, ednsVersion: 0 });
    expect(later.answers).toEqual([]);
    const once = query({ edns: {} });
    const opt = once.subarray(query().length);
    expect(
      rcodeOf(
        ask(
          responder,
          changed((bytes) => bytes.writeUInt16BE(2, 10), Buffer.concat([once, opt])),
        ),
      ),
    ).toBe(1);
    const owned = changed((bytes) => bytes.writeUInt8(1, query().length), once);
    expect(rcodeOf(ask(responder, owned))).toBe(1);
  });

  test('a signature by a key that nobody has', () => {
    const tsig = Buffer.from([1, 107, 0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0]);
    const signed = changed((bytes) => bytes.writeUInt16BE(1, 10), Buffer.concat([query(), tsig]));
    expect(rcodeOf(ask(responder, signed))).toBe(9);
  });
});

describe('size', () => {
  const responder = testResponder();

  test.each([
    ['without EDNS', undefined, true],
    ['a client that takes 600', { udpPayloadSize: 600 }, true],
    ['a client that takes 1,232', { udpPayloadSize: 1_232 }, false],
    ['a client that says less than everybody takes', { udpPayloadSize: 1 }, true],
  ])('an answer of 740 bytes, %s', (_what, edns, truncated) => {
    const answer = said(responder, query({ name: 'middle.zone.test', type: 'TXT', ...(edns && { edns }) }));
    expect(answer.flag_tc).toBe(truncated);
    expect(answer.answers).toHaveLength(truncated ? 0 : 1);
  });

  test('an answer of more than 1,232 bytes goes by TCP alone, whatever a client takes', () => {
    const long = query({ name: 'long.zone.test', type: 'TXT', edns: { udpPayloadSize: 65_535 } });
    expect(said(responder, long)).toMatchObject({ flag_tc: true, answers: [] });
    expect(said(responder, long, { transport: 'tcp' })).toMatchObject({ flag_tc: false, answers: [{}] });
  });
});

describe('client subnet', () => {
  const responder = testResponder();
  const subnet = (family: number, source: number, address: readonly number[], scope = 0): packet.PacketOpt =>
    option(8, [family >> 8, family & 0xff, source, scope, ...address]);
  const answered = (name: string, sent: packet.PacketOpt): { data: unknown; option: number[] } => {
    const answer = said(responder, query({ name, edns: { options: [sent] } }));
    const back = optOf(answer).options[0] as unknown as { data: Buffer };
    const [first] = answer.answers ?? [];
    return { data: first !== undefined && 'data' in first ? first.data : undefined, option: [...back.data] };
  };

  test('decides, and the scope says on how many bits', () => {
    expect(answered('geo.zone.test', subnet(1, 24, [9, 1, 2]))).toEqual({
      data: '198.51.100.9',
      option: [0, 1, 24, 8, 9, 1, 2],
    });
  });

  test('of 0 bits means the resolver itself, for all of its clients', () => {
    expect(answered('geo.zone.test', subnet(1, 0, []))).toEqual({
      data: '198.51.100.203',
      option: [0, 1, 0, 0],
    });
  });

  test('is of no account where the answer is the same for all', () => {
    expect(answered('www.zone.test', subnet(1, 24, [9, 1, 2])).option).toEqual([0, 1, 24, 0, 9, 1, 2]);
    expect(answered('none.zone.test', subnet(2, 56, [32, 1, 13, 184, 0, 0, 1])).option[3]).toBe(0);
  });

  test('only its first 24 bits are looked at', () => {
    expect(answered('geo.zone.test', subnet(1, 32, [9, 1, 2, 3])).option).toEqual([0, 1, 32, 8, 9, 1, 2, 3]);
  });

  test.each([
    ['bits beyond the prefix', subnet(1, 20, [9, 1, 0x1f])],
    ['too few bytes', subnet(1, 24, [9, 1])],
    ['too many bytes', subnet(1, 16, [9, 1, 2])],
    ['more bits than an address has', subnet(1, 33, [9, 1, 2, 3, 0])],
    ['a family that nobody has', subnet(3, 8, [9])],
    ['no family', subnet(0, 8, [9])],
    ['a scope in a query', subnet(1, 24, [9, 1, 2], 24)],
    ['three bytes in all', option(8, [0, 1, 0])],
  ])('with %s is malformed', (_what, sent) => {
    expect(rcodeOf(ask(responder, query({ edns: { options: [sent] } })))).toBe(1);
  });
});

describe('cookies', () => {
  const client = [1, 2, 3, 4, 5, 6, 7, 8];

  test('a client is given one, which holds for its address and for an hour', () => {
    const clock = createManualClock();
    const responder = testResponder({ rates: { positive: 1, negative: 1, error: 1 } }, clock);
    const first = said(responder, query({ edns: { options: [option(10, client)] } }));
    const cookie = cookieOf(first);
    expect(cookie).toHaveLength(24);
    expect(cookie.slice(0, 8)).toEqual(client);
    const again = query({ edns: { options: [option(10, cookie)] } });
    // The bucket is empty: only who has shown itself is answered.
    for (let i = 0; i < 10; i += 1) expect(said(responder, again).answers).toHaveLength(2);
    const elsewhere = said(responder, again, { from: '203.0.113.10' });
    expect(elsewhere.answers).toEqual([]);
    expect(optOf(elsewhere)).toMatchObject({ extendedRcode: 1 });
    expect(rcodeOf(ask(responder, again, { from: '203.0.113.10' }))).toBe(7);
    clock.advance(3_601_000);
    expect(said(responder, again).answers).toHaveLength(2);
    expect(said(responder, again).answers).toHaveLength(0);
  });

  test.each([[0], [7], [9], [15], [41]])('of %i bytes are malformed', (size) => {
    const odd = query({
      edns: {
        options: [
          option(
            10,
            Array.from({ length: size }, () => 1),
          ),
        ],
      },
    });
    expect(rcodeOf(ask(testResponder(), odd))).toBe(1);
  });
});

describe('response rate', () => {
  test('above it every second answer says TCP, the others are left out; other networks and TCP go on', () => {
    const clock = createManualClock();
    const responder = testResponder({ rates: { positive: 5, negative: 1, error: 1 } }, clock);
    const burst = Array.from({ length: 25 }, () => ask(responder, query()));
    expect(
      burst.filter((each) => each !== undefined && packet.decode(each).answers?.length === 2),
    ).toHaveLength(5);
    expect(burst.filter((each) => each !== undefined && packet.decode(each).flag_tc)).toHaveLength(10);
    expect(burst.filter((each) => each === undefined)).toHaveLength(10);
    expect(said(responder, query(), { from: '198.51.100.1' }).answers).toHaveLength(2);
    expect(said(responder, query(), { transport: 'tcp' }).answers).toHaveLength(2);
    clock.advance(400);
    expect(said(responder, query()).answers).toHaveLength(2);
    expect(responder.counts).toMatchObject({ limited: 20, truncated: 10, dropped: 10 });
  });

  test('a flood of names that are not there takes nothing from those that are', () => {
    const responder = testResponder({ rates: { positive: 5, negative: 1, error: 1 } });
    for (let i = 0; i < 50; i += 1) ask(responder, query({ name: `n${i}.zone.test` }));
    expect(said(responder, query()).answers).toHaveLength(2);
  });

  test('what a flood with a forged source sends out is less than half again what it took', () => {
    for (const wanted of [
      {},
      { edns: {} },
      { name: 'zone.test', type: 'ANY', edns: {} },
      { type: 'TXT', name: 'middle.zone.test', edns: {} },
    ]) {
      const clock = createManualClock();
      const responder = testResponder({}, clock);
      const message = query(wanted);
      let sent = 0;
      let answered = 0;
      // Thirty thousand packets a second for two seconds, headers of IP and UDP included.
      for (let i = 0; i < 60_000; i += 1) {
        if (i % 30 === 0) clock.advance(1);
        sent += message.length + 28;
        const answer = ask(responder, message);
        if (answer !== undefined) answered += answer.length + 28;
      }
      expect(answered / sent).toBeLessThan(1.5);
    }
  });
});
