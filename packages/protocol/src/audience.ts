import { parseAddress } from './address.ts';
import { compareBytes, fromHex, recordWriter, toHex, utf8 } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { LEAF_DOMAIN, leafHash, merkleRoot } from './merkle.ts';
import { signedMessage, verifySignature } from './signing.ts';

/** Seconds of one window of an audience; numbered from the Unix epoch. */
export const AUDIENCE_WINDOW_SECS = 300;
/** Seconds between two heartbeats of a viewer. */
export const BEAT_SECS = 30;
/** Heartbeats of one viewer in a window, at most: one that comes as it begins is one more. */
export const MAX_BEATS: number = AUDIENCE_WINDOW_SECS / BEAT_SECS + 1;
/** Leaves of a window, at most: bounds what an auditor takes in. */
export const MAX_VIEWERS = 100_000;

export const audienceWindow = (unixMs: number): number => Math.floor(unixMs / 1_000 / AUDIENCE_WINDOW_SECS);

/** One viewer's session of one channel in one window, as it is published. Keys, hashes and signatures in hex. */
export interface Viewing {
  /** Ed25519 public key that the player made for this session. */
  readonly clientKey: string;
  /** Hour since the Unix epoch for which the site let the session be counted, and its signature. */
  readonly hour: number;
  readonly pass: string;
  /** Heartbeats so far in the window, and the client's signature of the last. */
  readonly beats: number;
  readonly signature: string;
}

/** What a site says of a channel's audience in a window, signed. */
export interface AudienceStatement {
  readonly channel: string;
  readonly window: number;
  /** Merkle root over the viewings, hex. */
  readonly root: string;
  /** How many viewings there are. */
  readonly attested: number;
  /** How many viewers the site says there were, by its own count. */
  readonly claimed: number;
}

function named(channel: string, size: number): ReturnType<typeof recordWriter> {
  const name = utf8(channel);
  if (name.length > 255) throw new RangeError('the name of a channel is too long');
  return recordWriter(1 + name.length + size)
    .u8(name.length)
    .bytes(name, name.length);
}

/** `"media-network viewing pass v1\0"` ‖ length u8 ‖ channel ‖ client key 32 ‖ hour u64: signed by the site. */
export const viewingPassMessage = (channel: string, clientKey: Uint8Array, hour: number): Uint8Array =>
  signedMessage('viewing pass v1', named(channel, 40).bytes(clientKey, 32).u64(BigInt(hour)).done());

/** `"media-network viewing beat v1\0"` ‖ length u8 ‖ channel ‖ client key 32 ‖ window u64 ‖ beats u32: signed by the client. */
export const viewingBeatMessage = (
  channel: string,
  clientKey: Uint8Array,
  window: number,
  beats: number,
): Uint8Array =>
  signedMessage(
    'viewing beat v1',
    named(channel, 44).bytes(clientKey, 32).u64(BigInt(window)).u32(beats).done(),
  );

/** `"media-network audience v1\0"` ‖ length u8 ‖ channel ‖ window u64 ‖ root 32 ‖ attested u32 ‖ claimed u32: signed by the site. */
export function audienceMessage({ channel, window, root, attested, claimed }: AudienceStatement): Uint8Array {
  const bytes = fromHex(root, 32);
  if (bytes === undefined) throw new RangeError('a root has 32 bytes');
  return signedMessage(
    'audience v1',
    named(channel, 48).u64(BigInt(window)).bytes(bytes, 32).u32(attested).u32(claimed).done(),
  );
}

/** In the order of the tree. */
export const sortViewings = (viewings: readonly Viewing[]): readonly Viewing[] =>
  viewings.toSorted((a, b) =>
    compareBytes(fromHex(a.clientKey, 32) ?? new Uint8Array(), fromHex(b.clientKey, 32) ?? new Uint8Array()),
  );

/** Leaf payload: client key 32 ‖ hour u64 ‖ pass 64 ‖ beats u32 ‖ signature 64. Throws a RangeError where a field is malformed. */
function leafOf({ clientKey, hour, pass, beats, signature }: Viewing, sha256: Sha256): Uint8Array {
  const [key, passed, signed] = [fromHex(clientKey, 32), fromHex(pass, 64), fromHex(signature, 64)];
  if (key === undefined || passed === undefined || signed === undefined)
    throw new RangeError('a viewing is malformed');
  const payload = recordWriter(172)
    .bytes(key, 32)
    .u64(BigInt(hour))
    .bytes(passed, 64)
    .u32(beats)
    .bytes(signed, 64)
    .done();
  return leafHash(LEAF_DOMAIN.viewing, payload, sha256);
}

/** Root of viewings in their order, hex. Throws a RangeError where one is malformed. */
export const audienceRoot = (viewings: readonly Viewing[], sha256: Sha256): string =>
  toHex(
    merkleRoot(
      sortViewings(viewings).map((each) => leafOf(each, sha256)),
      sha256,
    ),
  );

export type ViewingFault = 'malformed' | 'wrong-hour' | 'no-pass' | 'bad-signature';

/** Why a viewing does not count; undefined where it does. `site` is the address of the site's key. */
export async function viewingFault(
  { clientKey, hour, pass, beats, signature }: Viewing,
  at: { readonly channel: string; readonly window: number; readonly site: string },
): Promise<ViewingFault | undefined> {
  const [key, passed, signed] = [fromHex(clientKey, 32), fromHex(pass, 64), fromHex(signature, 64)];
  if (key === undefined || passed === undefined || signed === undefined) return 'malformed';
  if (!Number.isInteger(beats) || beats < 1 || beats > MAX_BEATS) return 'malformed';
  const hourOfWindow = Math.floor((at.window * AUDIENCE_WINDOW_SECS) / 3_600);
  // A pass holds for its hour and the next: sessions go on over the end of one.
  if (hour !== hourOfWindow && hour !== hourOfWindow - 1) return 'wrong-hour';
  if (parseAddress(at.site) === undefined) return 'no-pass';
  if (!(await verifySignature(at.site, passed, viewingPassMessage(at.channel, key, hour)))) return 'no-pass';
  const message = viewingBeatMessage(at.channel, key, at.window, beats);
  return (await verifySignature(key, signed, message)) ? undefined : 'bad-signature';
}

/** What a site publishes of a window. */
export interface AudienceEvidence extends AudienceStatement {
  /** Address of the site's key. */
  readonly site: string;
  /** Of the statement, hex. */
  readonly signature: string;
  readonly viewings: readonly Viewing[];
}

export interface AudienceFinding {
  /** Viewings that hold, each session once. */
  readonly counted: number;
  /** Seconds that they were watched, by their heartbeats. */
  readonly watchedSecs: number;
  /** Of viewings that do not hold, how many for which reason. */
  readonly faults: Readonly<Partial<Record<ViewingFault | 'twice', number>>>;
  /** What does not fit: each is said of by its field. */
  readonly differences: readonly {
    readonly what: string;
    readonly said: string;
    readonly recomputed: string;
  }[];
}

/** Counts an audience again, from what is published of it alone. */
export async function checkAudience(evidence: AudienceEvidence, sha256: Sha256): Promise<AudienceFinding> {
  const { site, channel, window, viewings } = evidence;
  const differences: { what: string; said: string; recomputed: string }[] = [];
  const faults: Partial<Record<ViewingFault | 'twice', number>> = {};
  const seen = new Set<string>();
  let [counted, watchedSecs] = [0, 0];
  for (const viewing of viewings.slice(0, MAX_VIEWERS)) {
    const fault = seen.has(viewing.clientKey)
      ? 'twice'
      : await viewingFault(viewing, { channel, window, site });
    seen.add(viewing.clientKey);
    if (fault === undefined) {
      counted += 1;
      watchedSecs += viewing.beats * BEAT_SECS;
    } else faults[fault] = (faults[fault] ?? 0) + 1;
  }
  if (counted !== evidence.attested)
    differences.push({ what: 'viewers', said: String(evidence.attested), recomputed: String(counted) });
  let root = 'none';
  let isSigned = false;
  try {
    root = audienceRoot(viewings, sha256);
    const signature = fromHex(evidence.signature, 64);
    isSigned = signature !== undefined && (await verifySignature(site, signature, audienceMessage(evidence)));
  } catch {
    // A field has no such form: it is told as a difference.
  }
  if (root !== evidence.root) differences.push({ what: 'root', said: evidence.root, recomputed: root });
  if (!isSigned)
    differences.push({
      what: 'signature of the site',
      said: evidence.signature,
      recomputed: 'none that holds',
    });
  return { counted, watchedSecs, faults, differences };
}
