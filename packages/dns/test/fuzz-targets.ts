import { createPrivateKey } from 'node:crypto';
import packet from 'dns-packet';
import { createManualClock } from '@media-network/runtime/testing';
import type { FuzzRandom, FuzzTarget } from '@media-network/runtime/testing';
import { createSource, readSource } from '../src/asker.ts';
import { createZoneKey, newZoneKeyText } from '../src/dnssec/zone-key.ts';
import { createZoneSigner } from '../src/dnssec/zone-signer.ts';
import { createTsigKey } from '../src/tsig/tsig-key.ts';
import { signRequest } from '../src/tsig/tsig.ts';
import { testResponder, testZone } from './test-zone.ts';

const KEY = createTsigKey(`hmac-sha256:k:${Buffer.alloc(32, 7).toString('base64')}`);
/** Where a manual clock stands. */
const CLOCK_SECS = 1_700_000_000;
const OPTIONS = { rates: undefined, transferKeys: [KEY] };
const [plain, signed] = [testResponder(OPTIONS), testResponder(OPTIONS)];
signed.setZones([
  {
    ...testZone,
    signer: createZoneSigner(createZoneKey(createPrivateKey(newZoneKeyText())), createManualClock()),
  },
]);
const out = Buffer.alloc(65_535);
const source = createSource();
readSource('203.0.113.9', source);

const NAMES = [
  'www.zone.test',
  'geo.zone.test',
  'zone.test',
  'none.zone.test',
  'long.zone.test',
  'example',
  '',
];
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED', '', '', '', 'NOTAUTH'];
const TYPES = [1, 2, 6, 16, 28, 41, 43, 46, 250, 251, 252, 255, 257, 65_535];

/** A query as a resolver makes it, cookie and subnet included where the numbers say so. */
function plausible(random: FuzzRandom): Buffer {
  const options: packet.PacketOpt[] = [];
  const add = (code: number, data: readonly number[]): void => {
    options.push({ code, data: Buffer.from(data) } as unknown as packet.PacketOpt);
  };
  if (random.oneIn(2))
    add(
      10,
      Array.from({ length: random.pick([8, 24, 40]) }, () => random.int(256)),
    );
  if (random.oneIn(2)) add(8, [0, 1, 24, 0, random.int(256), random.int(256), random.int(256)]);
  if (random.oneIn(4))
    add(
      12,
      Array.from({ length: random.int(40) }, () => 0),
    );
  const bytes = packet.encode({
    type: 'query',
    id: random.int(65_536),
    flags: random.pick([0, 256, 16]),
    questions: [{ type: 'A', name: random.pick(NAMES), class: 'IN' }],
    additionals: random.oneIn(3)
      ? []
      : [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: random.pick([0, 512, 1_232, 65_535]),
            flags: random.pick([0, 0x8000]),
            options,
            extendedRcode: 0,
            ednsVersion: random.oneIn(20) ? 1 : 0,
            flag_do: false,
          },
        ],
  });
  // The type stands behind the name of the question.
  let at = 12;
  while ((bytes[at] ?? 0) !== 0) at += 1 + (bytes[at] ?? 0);
  bytes.writeUInt16BE(random.pick(TYPES), at + 1);
  if (random.oneIn(10)) return withTsig(bytes);
  return random.oneIn(10) ? signRequest(bytes, KEY, random.pick([CLOCK_SECS, CLOCK_SECS, 0])).bytes : bytes;
}

/** With a TSIG behind it, by a key that nobody has. */
function withTsig(bytes: Buffer): Buffer {
  const tsig = Buffer.from([1, 107, 0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0]);
  const result = Buffer.concat([bytes, tsig]);
  result.writeUInt16BE(result.readUInt16BE(10) + 1, 10);
  return result;
}

/** Bytes turned, cut off, doubled or put in; counts made giant; names made loops. */
function harmed(bytes: Buffer, random: FuzzRandom): Buffer {
  let result = Buffer.from(bytes);
  for (let times = random.int(4); times > 0; times -= 1) {
    const at = random.int(result.length + 1);
    const how = random.int(6);
    if (how === 0) result = result.subarray(0, at);
    else if (how === 1)
      result = Buffer.concat([result.subarray(0, at), Buffer.from([random.int(256)]), result.subarray(at)]);
    else if (how === 2 && at < result.length) result[at] = random.int(256);
    else if (how === 3 && result.length >= 12)
      result.writeUInt16BE(random.pick([0, 1, 2, 65_535]), random.pick([4, 6, 8, 10]));
    else if (how === 4 && at + 2 <= result.length)
      result.writeUInt16BE(0xc000 | random.int(result.length), at);
    else result = Buffer.concat([result, result.subarray(at)]).subarray(0, 4_096);
  }
  return result;
}

/** A second reader of what is answered: what it throws is a finding. */
function check(query: Buffer, size: number, transport: 'udp' | 'tcp'): string {
  const answer = out.subarray(0, size);
  if (size < 12) throw new Error(`an answer of ${size} bytes`);
  if (transport === 'udp' && size > 1_232) throw new Error(`an answer of ${size} bytes by UDP`);
  if (answer.readUInt16BE(0) !== query.readUInt16BE(0)) throw new Error('another id');
  if ((answer.readUInt16BE(2) & 0x8000) === 0) throw new Error('an answer that is a query');
  const questions = answer.readUInt16BE(4);
  const read = packet.decode(answer);
  if (read.questions?.length !== questions) throw new Error('other questions than it counts');
  if (packet.decode.bytes !== size) throw new Error('bytes behind the end');
  if (questions === 1 && !query.subarray(12).includes(answer.subarray(12, answer.indexOf(0, 12))))
    throw new Error('another question');
  return `${read.flag_tc ? 'truncated ' : ''}${RCODES[(answer[3] ?? 0) & 0x0f]}`;
}

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'dns-queries',
    doc: 'queries, harmed ones among them: an answer that another reader takes, or none; never more than may be sent',
    run(random) {
      const query = random.oneIn(50)
        ? Buffer.from(Array.from({ length: random.int(300) }, () => random.int(256)))
        : harmed(plausible(random), random);
      const transport = random.oneIn(4) ? 'tcp' : 'udp';
      out.fill(0xee, 0, 64);
      const responder = random.oneIn(2) ? plain : signed;
      const zone = transport === 'tcp' ? responder.transfer(query, query.length) : undefined;
      if (zone !== undefined) {
        for (const message of zone) {
          packet.decode(message);
          if (packet.decode.bytes !== message.length) throw new Error('bytes behind the end of a zone');
        }
        return 'zone';
      }
      const size = responder.respond(query, query.length, source, transport, out);
      return size === 0 ? 'none' : check(query, size, transport);
    },
  },
];
