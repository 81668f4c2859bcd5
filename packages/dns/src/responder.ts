import type { Clock } from '@media-network/runtime';
import { createAsker, fillAsker } from './asker.ts';
import type { Source } from './asker.ts';
import { SERVER_COOKIE_BYTES, createCookies } from './cookies.ts';
import { HEADER_BYTES, MAX_UDP_BYTES, OPTION, PLAIN_UDP_BYTES, RCODE, TYPE } from './numbers.ts';
import { QueryReader, READING_RCODE } from './query.ts';
import { answerReply } from './reply.ts';
import type { Reply } from './reply.ts';
import { ANSWER_KIND, DEFAULT_RATES, createResponseRate } from './response-rate.ts';
import type { AnswerKind, ResponseRates } from './response-rate.ts';
import type { ZoneSigner } from './dnssec/zone-signer.ts';
import type { Rrset } from './rrset.ts';
import { zoneStream } from './transfer/zone-stream.ts';
import { TSIG_ERROR, createTsigStream, tsigBytes, verifyTsig, writeTsig } from './tsig/tsig.ts';
import type { TsigRecord } from './tsig/tsig.ts';
import type { TsigKey } from './tsig/tsig-key.ts';
import type { Asker, Zone, ZoneNode } from './zone.ts';

export interface ResponderDeps {
  readonly clock: Clock;
  /** From 0 up to 1; for the seed of what must not be guessed from outside. */
  readonly random: () => number;
  /** 16 bytes or more that nobody else knows: makes and knows cookies. */
  readonly cookieSecret: Uint8Array;
}

export interface ResponderOptions {
  /** Undefined: answers are not limited. */
  readonly rates?: ResponseRates | undefined;
  /** Who signs with one of these may have whole zones; nobody where there are none. */
  readonly transferKeys?: readonly TsigKey[] | undefined;
}

/** What was answered since the start, by what it said; for metrics. */
export interface ResponderCounts {
  queries: number;
  dropped: number;
  /** Beyond the rate: told to come by TCP or with a cookie, or left out. */
  limited: number;
  truncated: number;
  /** By RCODE. */
  readonly rcodes: Float64Array;
}

export interface Responder {
  /** What is answered from, from the next packet on. */
  setZones(zones: readonly Zone[]): void;
  /**
   * Answers the message in the first `length` of `query` into `out`; how many bytes of it, 0 for no answer. `out` has room for
   * `MAX_UDP_BYTES` at least; by TCP an answer may be as long as `out` is.
   */
  respond(
    query: Uint8Array,
    length: number,
    source: Source,
    transport: 'udp' | 'tcp',
    out: Uint8Array,
  ): number;
  /**
   * The messages by which a zone is handed over, made as they are taken; undefined for what asks for none or may not have it,
   * which `respond` answers.
   */
  transfer(query: Uint8Array, length: number): Iterable<Buffer> | undefined;
  readonly counts: ResponderCounts;
}

const COOKIE_OPTION_BYTES = 4 + 8 + SERVER_COOKIE_BYTES;
/** Types that ask for something else than records (RFC 6895 §3.1). */
const FIRST_META_TYPE = 249;

/** An authoritative server without sockets: a message in, a message out, nothing kept between two but counts and rates. */
export function createResponder(deps: ResponderDeps, options: ResponderOptions = {}): Responder {
  const [reader, transferReader] = [new QueryReader(), new QueryReader()];
  const asker = createAsker();
  const cookies = createCookies(deps.cookieSecret, deps.clock);
  const rates = 'rates' in options ? options.rates : DEFAULT_RATES;
  const rate =
    rates === undefined
      ? undefined
      : createResponseRate(deps.clock, Math.floor(deps.random() * 2 ** 32), rates);
  const counts: ResponderCounts = {
    queries: 0,
    dropped: 0,
    limited: 0,
    truncated: 0,
    rcodes: new Float64Array(32),
  };
  const keys = options.transferKeys ?? [];
  const nowSecs = (): number => Math.floor(deps.clock.nowMs() / 1_000);
  /** How the answer that is being made is signed; undefined where it is not. */
  let signing: AnswerTsig | undefined;
  /** The longest apex first, so that the closest zone is found. */
  let zones: readonly Zone[] = [];

  function respond(
    query: Uint8Array,
    length: number,
    source: Source,
    transport: 'udp' | 'tcp',
    out: Uint8Array,
  ): number {
    counts.queries += 1;
    asker.scopeBits = 0;
    signing = undefined;
    const reading = reader.read(query, length);
    if (reading === 'drop') {
      counts.dropped += 1;
      return 0;
    }
    if (reading !== 'query') {
      // Of what could not be read to its end nothing is taken for granted but a question that was read.
      if (reading !== 'bad-version') reader.hasEdns = false;
      return finish(query, source, transport, out, undefined, READING_RCODE[reading], ANSWER_KIND.error);
    }
    const problem =
      tsigProblem(query, length) ?? refusalOf(reader, signing !== undefined && transport === 'udp');
    if (problem !== undefined)
      return finish(query, source, transport, out, undefined, problem, ANSWER_KIND.error);
    const zone = zoneOf(reader);
    if (zone === undefined)
      return finish(query, source, transport, out, undefined, RCODE.REFUSED, ANSWER_KIND.error);
    fillAsker(asker, reader.subnet, source);
    const found = look(zone, reader, asker);
    const kind = found.kind === 'data' ? ANSWER_KIND.positive : ANSWER_KIND.negative;
    const reply =
      reader.dnssecOk && zone.signer !== undefined
        ? signedReply(zone, zone.signer, found, reader)
        : plainReply(zone, found);
    return finish(query, source, transport, out, reply, reply?.rcode ?? RCODE.NOERROR, kind, zone);
  }

  /** What is wrong with the signature of a query, if it has one; how the answer is signed. */
  function tsigProblem(query: Uint8Array, length: number): number | undefined {
    if (reader.tsigAt === 0) return undefined;
    // RFC 8945 §5.2.1: nobody has a key.
    if (keys.length === 0) return RCODE.NOTAUTH;
    const verdict = verifyTsig(query, length, reader.tsigAt, keys, nowSecs());
    if (verdict.kind === 'malformed') return RCODE.FORMERR;
    const { record: request, key } = verdict;
    const error = verdict.kind === 'ok' ? TSIG_ERROR.NONE : verdict.error;
    signing = { request, key, error, bytes: tsigBytes(request, key, error) };
    return verdict.kind === 'ok' ? undefined : RCODE.NOTAUTH;
  }

  function zoneOf({ name, nameLength, labelStarts, labels }: QueryReader): Zone | undefined {
    return zones.find(({ apex }) => {
      const from = nameLength - apex.length;
      if (from < 0) return false;
      for (let i = 0; i < apex.length; i += 1) if (name[from + i] !== apex[i]) return false;
      // The same bytes in the middle of a label are another name.
      for (let i = labels - 1; i >= 0; i -= 1) {
        const start = labelStarts[i] ?? 0;
        if (start === from) return true;
        if (start < from) return false;
      }
      return false;
    });
  }

  function finish(
    query: Uint8Array,
    source: Source,
    transport: 'udp' | 'tcp',
    out: Uint8Array,
    reply: Reply | undefined,
    rcode: number,
    kind: AnswerKind,
    zone?: Zone,
  ): number {
    let said = rcode;
    let body = reply;
    // Too many denials to be signed were asked for: who is really there comes again.
    const unsigned = zone !== undefined && reply === undefined;
    let truncated = unsigned && transport === 'udp';
    if (unsigned && transport === 'tcp') said = RCODE.SERVFAIL;
    const known = signing !== undefined && signing.error === TSIG_ERROR.NONE;
    const verdict = transport === 'tcp' || known ? 'answer' : limit(source, kind);
    if (verdict !== 'answer') {
      counts.limited += 1;
      // Who sends a cookie learns its server's part, and is answered with it (RFC 7873 §5.2.3).
      if (reader.hasEdns && reader.cookieLength > 0) said = RCODE.BADCOOKIE;
      else if (verdict === 'drop') {
        counts.dropped += 1;
        return 0;
      } else truncated = true;
      body = undefined;
    }
    const base = reader.questionEnd === 0 ? HEADER_BYTES : reader.questionEnd;
    const ednsBytes = reader.hasEdns ? ednsLength() : 0;
    const taken =
      transport === 'tcp'
        ? out.length
        : reader.hasEdns
          ? Math.max(PLAIN_UDP_BYTES, Math.min(reader.udpBytes, MAX_UDP_BYTES))
          : PLAIN_UDP_BYTES;
    const most = taken - (signing?.bytes ?? 0);
    if (body !== undefined && base + body.bytes.length + ednsBytes > most) {
      body = undefined;
      truncated = true;
    }
    if (truncated) counts.truncated += 1;
    counts.rcodes[said] = (counts.rcodes[said] ?? 0) + 1;

    for (let i = 0; i < base; i += 1) out[i] = query[i] ?? 0;
    writeHeader(out, said, zone !== undefined, truncated, body);
    let at = base;
    if (body !== undefined) {
      const { bytes } = body;
      if (bytes.length < 128) for (let i = 0; i < bytes.length; i += 1) out[at + i] = bytes[i] ?? 0;
      else out.set(bytes, at);
      if (body.apexPointers.length > 0 && zone !== undefined) {
        const apexAt = HEADER_BYTES + reader.nameLength - zone.apex.length;
        for (const offset of body.apexPointers) {
          out[at + offset] = 0xc0 | (apexAt >> 8);
          out[at + offset + 1] = apexAt & 0xff;
        }
      }
      at += bytes.length;
    }
    const end = reader.hasEdns ? writeEdns(out, at, said, source) : at;
    return signing === undefined ? end : writeTsig(out, end, { ...signing, nowSecs: nowSecs() });
  }

  /** An error without a readable question repeats none. */
  function writeHeader(
    out: Uint8Array,
    rcode: number,
    authoritative: boolean,
    truncated: boolean,
    body: Reply | undefined,
  ): void {
    // Opcode and "recursion desired" are the query's; recursion is never available.
    const flags = 0x8000 | (reader.flags & 0x7900) | (authoritative ? 0x0400 : 0) | (truncated ? 0x0200 : 0);
    const low = (reader.flags & 0x0010) | (rcode & 0x0f);
    out[2] = flags >> 8;
    out[3] = low;
    out[4] = 0;
    out[5] = reader.questionEnd === 0 ? 0 : 1;
    out[6] = (body?.answers ?? 0) >> 8;
    out[7] = (body?.answers ?? 0) & 0xff;
    out[8] = (body?.authorities ?? 0) >> 8;
    out[9] = (body?.authorities ?? 0) & 0xff;
    out[10] = 0;
    out[11] = reader.hasEdns ? 1 : 0;
  }

  function limit(source: Source, kind: AnswerKind): 'answer' | 'slip' | 'drop' {
    if (rate === undefined) return 'answer';
    const shown =
      reader.hasEdns && reader.cookieLength > 8 && cookies.isOurs(reader.cookie, reader.cookieLength, source);
    return shown ? 'answer' : rate.take(source.family, source.address, kind);
  }

  function ednsLength(): number {
    const { subnet } = reader;
    return (
      11 +
      (reader.cookieLength > 0 ? COOKIE_OPTION_BYTES : 0) +
      (subnet.present ? 8 + ((subnet.sourceBits + 7) >> 3) : 0)
    );
  }

  function writeEdns(out: Uint8Array, from: number, rcode: number, source: Source): number {
    const { subnet } = reader;
    const dataLength = ednsLength() - 11;
    let at = from;
    out[at] = 0;
    at = put16(out, at + 1, TYPE.OPT);
    at = put16(out, at, MAX_UDP_BYTES);
    out[at] = rcode >> 4;
    out[at + 1] = 0;
    at = put16(out, at + 2, reader.dnssecOk ? 0x8000 : 0);
    at = put16(out, at, dataLength);
    if (reader.cookieLength > 0) {
      at = put16(out, at, OPTION.COOKIE);
      at = put16(out, at, COOKIE_OPTION_BYTES - 4);
      cookies.write(reader.cookie, source, out, at);
      at += COOKIE_OPTION_BYTES - 4;
    }
    if (subnet.present) {
      const addressBytes = (subnet.sourceBits + 7) >> 3;
      at = put16(out, at, OPTION.SUBNET);
      at = put16(out, at, 4 + addressBytes);
      at = put16(out, at, subnet.family);
      out[at] = subnet.sourceBits;
      // An answer that follows from the resolver's own address holds for all of its clients.
      out[at + 1] = subnet.sourceBits === 0 ? 0 : asker.scopeBits;
      at += 2;
      for (let i = 0; i < addressBytes; i += 1) out[at + i] = subnet.address[i] ?? 0;
      at += addressBytes;
    }
    return at;
  }

  return {
    setZones(next) {
      zones = next.toSorted((a, b) => b.apex.length - a.apex.length);
    },
    respond,
    transfer(query, length) {
      if (keys.length === 0 || transferReader.read(query, length) !== 'query') return undefined;
      const { type, tsigAt, isInternet, questionEnd, id } = transferReader;
      if ((type !== TYPE.AXFR && type !== TYPE.IXFR) || tsigAt === 0 || !isInternet) return undefined;
      const zone = zoneOf(transferReader);
      const verdict = verifyTsig(query, length, tsigAt, keys, nowSecs());
      const whole = zone?.contents !== undefined && transferReader.nameLength === zone.apex.length;
      if (!whole || verdict.kind !== 'ok') return undefined;
      counts.queries += 1;
      counts.rcodes[RCODE.NOERROR] = (counts.rcodes[RCODE.NOERROR] ?? 0) + 1;
      const question = Buffer.from(query.subarray(0, questionEnd));
      return zoneStream(zone, { question, id }, createTsigStream(verdict.key, verdict.record), nowSecs);
    },
    counts,
  };
}

/** How an answer is signed. */
interface AnswerTsig {
  readonly request: TsigRecord;
  readonly key: TsigKey | undefined;
  readonly error: number;
  /** Of the record that it ends in. */
  readonly bytes: number;
}

/** What is not answered at all, whatever the zones have. `mayAsk`: a server that keeps a copy asks by UDP what has changed. */
function refusalOf(reader: QueryReader, mayAsk: boolean): number | undefined {
  const { type } = reader;
  if (type === 0 || type === TYPE.OPT) return RCODE.FORMERR;
  if (!reader.isInternet) return RCODE.REFUSED;
  if (type === TYPE.AXFR || (type === TYPE.IXFR && !mayAsk)) return RCODE.REFUSED;
  if (type === TYPE.IXFR) return undefined;
  return type >= FIRST_META_TYPE && type < TYPE.ANY ? RCODE.NOTIMP : undefined;
}

function below({ name, nameLength }: QueryReader, { apex }: Zone): string {
  return name.toString('latin1', 0, nameLength - apex.length);
}

/** What a question finds in a zone. */
type Finding =
  | { readonly kind: 'data'; readonly rrset: Rrset }
  | { readonly kind: 'no-data'; readonly node: ZoneNode }
  | { readonly kind: 'no-name' };

const NO_NAME: Finding = { kind: 'no-name' };

/** Negative answers are the same for everybody: whatever a resolver asks of one client holds for all (RFC 7871 §7.4). */
function look(zone: Zone, reader: QueryReader, asker: Asker): Finding {
  const node = zone.find(below(reader, zone));
  if (node === undefined) return NO_NAME;
  // What fits of a transfer into a datagram: the SOA, and who wants more comes by TCP (RFC 1995 §2).
  const type = reader.type === TYPE.IXFR ? TYPE.SOA : reader.type;
  const rrset = type === TYPE.ANY ? anyOf(node, asker) : recordsOf(node, type, asker);
  if (rrset !== undefined) return { kind: 'data', rrset };
  asker.scopeBits = 0;
  return { kind: 'no-data', node };
}

function recordsOf(node: ZoneNode, type: number, asker: Asker): Rrset | undefined {
  return node.tailoredTypes.includes(type) ? node.tailored?.(type, asker) : node.rrsets.get(type);
}

/** RFC 8482 §4.1: one set of records, since all of them are what amplifiers ask for. */
function anyOf(node: ZoneNode, asker: Asker): Rrset | undefined {
  for (const type of node.tailoredTypes) {
    const rrset = node.tailored?.(type, asker);
    if (rrset !== undefined) return rrset;
  }
  const first = node.rrsets.values().next();
  return first.done === true ? undefined : first.value;
}

function plainReply({ negative }: Zone, found: Finding): Reply {
  if (found.kind === 'data') return answerReply(found.rrset);
  return found.kind === 'no-data' ? negative.noData : negative.noName;
}

/** Undefined where it cannot be signed now. */
function signedReply(zone: Zone, signer: ZoneSigner, found: Finding, reader: QueryReader): Reply | undefined {
  const { apex, negative } = zone;
  const name = reader.name.subarray(0, reader.nameLength);
  if (found.kind === 'data') return signer.answer(found.rrset, name, apex);
  const soa = zone.find('')?.rrsets.get(TYPE.SOA);
  if (soa === undefined) return plainReply(zone, found);
  const types = found.kind === 'no-data' ? typesOf(found.node) : undefined;
  return signer.denial({ name, types, compactOk: reader.compactOk }, soa, negative.noData, apex);
}

/** Whom a denial is for must not show in it: a type counts as there when anybody would get it. */
function typesOf(node: ZoneNode): readonly number[] {
  const anybody: Asker = { family: 4, address: new Uint8Array(16), bits: 0, scopeBits: 0 };
  const tailored = node.tailoredTypes.filter((type) => node.tailored?.(type, anybody) !== undefined);
  return [...node.rrsets.keys(), ...tailored];
}

function put16(out: Uint8Array, at: number, value: number): number {
  out[at] = value >> 8;
  out[at + 1] = value & 0xff;
  return at + 2;
}
