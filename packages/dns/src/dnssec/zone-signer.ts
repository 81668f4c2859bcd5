import type { Clock } from '@media-network/runtime';
import { RCODE, TYPE } from '../numbers.ts';
import type { Reply } from '../reply.ts';
import { createRrset } from '../rrset.ts';
import type { Rrset } from '../rrset.ts';
import { NXNAME, nsecRdata } from './nsec.ts';
import { signRrset } from './rrsig.ts';
import type { Validity } from './rrsig.ts';
import type { ZoneKey } from './zone-key.ts';

/** Signatures are made when they are asked for, and hold for a day and two hours: clocks of resolvers are off. */
const HOUR_SECS = 3_600;
const BEFORE_SECS = 2 * HOUR_SECS;
const AFTER_SECS = 26 * HOUR_SECS;
/** Signed answers that are kept; half a KB each. */
const MAX_KEPT = 20_000;
/** Signatures a second for names that nobody has: strangers make up as many as they like, each costs 25 µs. */
const DENIALS_PER_SECOND = 2_000;

/** What a denial is made of. */
export interface Denied {
  /** On the wire, lower case. */
  readonly name: Uint8Array;
  /** Types that are there; undefined where the name itself is not. */
  readonly types: readonly number[] | undefined;
  /** The client knows NXDOMAIN in a compact denial (RFC 9824 §5). */
  readonly compactOk: boolean;
}

/** Signs a zone's answers, one at a time (RFC 4035; denials as RFC 9824 has them). */
export interface ZoneSigner {
  answer(rrset: Rrset, name: Uint8Array, apex: Uint8Array): Reply;
  /** The signature of a set, for who takes the whole zone; not kept. */
  signature(rrset: Rrset, name: Uint8Array, apex: Uint8Array): Rrset;
  /** `unsigned`: the SOA as it stands in the authority section; undefined: too many denials were asked for in this second. */
  denial(denied: Denied, soa: Rrset, unsigned: Reply, apex: Uint8Array): Reply | undefined;
}

export function createZoneSigner(key: ZoneKey, clock: Clock): ZoneSigner {
  let hour = 0;
  let answers = new WeakMap<Rrset, Map<string, Reply>>();
  let denials = new WeakMap<Rrset, Map<string, Reply>>();
  let soaSignatures = new WeakMap<Rrset, Rrset>();
  let kept = 0;
  let second = 0;
  let spent = 0;

  /** The same for an hour, so that what is kept stays right. */
  function validity(): Validity {
    const now = Math.floor(clock.nowMs() / 1_000 / HOUR_SECS);
    if (now !== hour || kept > MAX_KEPT) {
      hour = now;
      kept = 0;
      answers = new WeakMap();
      denials = new WeakMap();
      soaSignatures = new WeakMap();
    }
    return { from: hour * HOUR_SECS - BEFORE_SECS, until: hour * HOUR_SECS + AFTER_SECS };
  }

  function maySign(): boolean {
    const now = Math.floor(clock.nowMs() / 1_000);
    if (now !== second) [second, spent] = [now, 0];
    spent += 1;
    return spent <= DENIALS_PER_SECOND;
  }

  function answer(rrset: Rrset, name: Uint8Array, apex: Uint8Array): Reply {
    const holds = validity();
    const of = keptOf(answers, rrset);
    const at = Buffer.from(name).toString('latin1');
    let reply = of.get(at);
    if (reply === undefined) {
      const signature = signRrset(rrset, name, apex, key, holds);
      reply = {
        rcode: RCODE.NOERROR,
        answers: rrset.rdata.length + 1,
        authorities: 0,
        bytes: Buffer.concat([rrset.answer, signature.answer]),
        apexPointers: [],
      };
      of.set(at, reply);
      kept += 1;
    }
    return reply;
  }

  function soaSignature(soa: Rrset, ttl: number, apex: Uint8Array, holds: Validity): Rrset {
    let found = soaSignatures.get(soa);
    if (found === undefined)
      soaSignatures.set(soa, (found = signRrset({ ...soa, ttl }, apex, apex, key, holds)));
    return found;
  }

  return {
    answer,
    signature: (rrset, name, apex) => signRrset(rrset, name, apex, key, validity()),
    denial({ name, types, compactOk }, soa, unsigned, apex) {
      const holds = validity();
      const listed = [...(types ?? [NXNAME]), TYPE.RRSIG, TYPE.NSEC];
      const of = keptOf(denials, soa);
      const rcode = types === undefined && compactOk ? RCODE.NXDOMAIN : RCODE.NOERROR;
      const at = `${Buffer.from(name).toString('latin1')} ${listed.join(' ')} ${rcode}`;
      const before = of.get(at);
      if (before !== undefined) return before;
      if (!maySign()) return undefined;
      const ttl = negativeTtl(soa);
      const nsec = createRrset(TYPE.NSEC, ttl, [nsecRdata(name, apex, listed)]);
      const nsecSignature = signRrset(nsec, name, apex, key, holds);
      const soaSigned = Buffer.from(soaSignature(soa, ttl, apex, holds).answer);
      const reply: Reply = {
        rcode,
        answers: 0,
        authorities: unsigned.authorities + 3,
        bytes: Buffer.concat([unsigned.bytes, soaSigned, nsec.answer, nsecSignature.answer]),
        // The signature of the SOA is the apex's; its owner stands at its beginning.
        apexPointers: [...unsigned.apexPointers, unsigned.bytes.length],
      };
      of.set(at, reply);
      kept += 1;
      return reply;
    },
  };
}

/** The last four bytes of an SOA (RFC 2308). */
function negativeTtl(soa: Rrset): number {
  const rdata = Buffer.from(soa.rdata[0] ?? []);
  return rdata.readUInt32BE(rdata.length - 4);
}

function keptOf(of: WeakMap<Rrset, Map<string, Reply>>, rrset: Rrset): Map<string, Reply> {
  let found = of.get(rrset);
  if (found === undefined) of.set(rrset, (found = new Map()));
  return found;
}
