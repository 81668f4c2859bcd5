import { createHash } from 'node:crypto';
import type { Found } from '@media-network/chain';
import { ownNames, resourceLabel, toHex, utf8 } from '@media-network/protocol';
import type { BodyHashes, Settings } from '@media-network/protocol';
import type { Clock, Log } from '@media-network/runtime';
import { sha256 } from '../evidence/blob-roots.ts';
import { OWN_LOOK } from '../state/hour-book.ts';
import type { HourBook, Look } from '../state/hour-book.ts';
import { decoded } from './content-coding.ts';
import type { EdgeAnswer, EdgeContact, EdgeRequest } from './edge-request.ts';
import { judgeBody } from './judge-body.ts';
import { UNSAID_FRESH_MS } from './origin-bodies.ts';
import type { OriginBodies } from './origin-bodies.ts';
import { otherOrigins, sliceOf } from './origin-fetch.ts';
import { FIRST_BYTES, MARGIN, MAX_WHOLE, canLook, shapeFields, shapeOf } from './look-shape.ts';
import type { LookShape } from './look-shape.ts';
import type { ByteRange, OriginAnswer, OriginFetch } from './origin-fetch.ts';
import type { ProbeBudget } from './probe-budget.ts';
import { saidHit } from './probe-totals.ts';
import type { ProbeTotals } from './probe-totals.ts';
import { drawHead } from './profiles.ts';
import type { HeaderList } from './profiles.ts';
import { hashOfTarget } from './target-pool.ts';
import type { TargetPool } from './target-pool.ts';

export interface ProberDeps {
  readonly edges: EdgeRequest;
  readonly origin: OriginFetch;
  readonly targets: TargetPool;
  readonly budget: ProbeBudget;
  readonly bodies: OriginBodies;
  readonly book: HourBook;
  readonly totals: ProbeTotals;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Addresses of this machine to ask from; none for the system's choice. */
  readonly addresses: readonly string[];
  /** Longest that an answer is waited for; 20 s by default. */
  readonly edgeMs?: number;
}

export interface ProbeTask {
  readonly edge: Pick<Found<'edge'>, 'address' | 'endpoint'>;
  readonly resource: string;
  readonly settings: Settings;
  readonly zone: string;
  /** What to look at, where its target is known and there is room; else something is drawn. */
  readonly wanted?: Wanted | undefined;
  /** By the chain's clock. */
  readonly hour: bigint;
  /** Ends it because the guard is closing. */
  readonly signal?: AbortSignal;
  /** Whether the hour is the same well before and after, so that the edge counts in it what it sends now. */
  readonly withinHour: boolean;
}

/** A target, and the piece of it where it is not its whole. */
export interface Wanted {
  /** Hex SHA-256 of the target. */
  readonly target: string;
  readonly range?: ByteRange | undefined;
}

export type ProbeOutcome = 'right' | 'wrong' | 'unknown' | 'silent' | 'not-asked';

export interface Probed {
  readonly outcome: ProbeOutcome;
  /** Of a right or a wrong answer: what was compared, so that another edge can be asked for the same. */
  readonly compared?: Wanted;
}

/**
 * Looks at an edge as a viewer would: one request, with the origin asked for the same before and after. Never rejects
 * for what an edge or an origin does: what could not be seen is unknown.
 */
export interface Prober {
  look(task: ProbeTask): Promise<Probed>;
  /** Asks the origin alone for a target, to know what is right there. */
  learn(resource: string, settings: Settings, target: string): Promise<void>;
}

/** What is known of a target from earlier answers of its origin. */
interface TargetFacts {
  readonly size: number | undefined;
  readonly version: string;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /** Since when the origin has shown no other version. */
  readonly sinceMs: number;
}

const MAX_TARGETS = 10_000;
/** Names that edges do not serve, which are remembered. */
const MAX_REFUSED_NAMES = 10_000;
/** An edge that has not found a name proven says so; anything else under it is its answer. */
const NOT_SERVED: ReadonlySet<string> = new Set(['edge/unknown-host', 'edge/name-unchecked']);
/** Longest answer: one that drips is never silent. */
const MAX_EDGE_MS = 20_000;
const MAX_ALIVE_MS = 10_000;
/** Answered by the edge itself, whatever its origin does (docs/evidence.md, HTTP of an edge). */
const OWN_ENDPOINT = '/.well-known/media-network/receipts';

const NOT_ASKED: Probed = { outcome: 'not-asked' };
const UNKNOWN: Probed = { outcome: 'unknown' };

export function createProber(deps: ProberDeps): Prober {
  const { book, budget, clock, origin, random, targets } = deps;
  const known = new Map<string, TargetFacts>();
  /** By edge and name: the hour in which it did not serve it. */
  const refusedNames = new Map<string, bigint>();

  /** A host to ask under: an edge must not serve other bytes under a name of the publisher's own than under that of the zone. */
  function drawHost({ edge, resource, settings, zone, hour }: ProbeTask): {
    readonly host: string;
    /** The name of the publisher's own, where it is one. */
    readonly name: string | undefined;
  } {
    const names = ownNames(settings.domains).filter(
      (each) => refusedNames.get(`${edge.address} ${each}`) !== hour,
    );
    const name =
      names.length === 0 || random() < 0.5 ? undefined : names[Math.floor(random() * names.length)];
    return { host: name ?? `${resourceLabel(resource, sha256)}.${zone}`, name };
  }

  function noteRefused({ edge, hour }: ProbeTask, name: string): void {
    refusedNames.set(`${edge.address} ${name}`, hour);
    if (refusedNames.size <= MAX_REFUSED_NAMES) return;
    for (const oldest of refusedNames.keys()) if (refusedNames.delete(oldest)) break;
  }

  /** Notes what an origin showed of a target; since when it has shown no other version, as far as that can be told. */
  function note(key: string, answer: OriginAnswer, wholeHash: string | undefined, atMs: number): number {
    const { etag, lastModified } = answer;
    const named = etag !== undefined || lastModified !== undefined;
    // What has no validator is known by its bytes, where they were read whole.
    const version = named ? `${etag} ${lastModified} ${answer.size}` : wholeHash;
    if (version === undefined) return Number.POSITIVE_INFINITY;
    const before = known.get(key);
    const sinceMs = before?.version === version ? before.sinceMs : atMs;
    const size = answer.size ?? (wholeHash === undefined ? before?.size : answer.body?.length);
    known.delete(key);
    known.set(key, { size, version, etag, lastModified, sinceMs });
    for (const oldest of known.keys()) {
      if (known.size <= MAX_TARGETS) break;
      known.delete(oldest);
    }
    return sinceMs;
  }

  /** What the origin has of a target; a glance needs no answer of it. */
  async function ofOrigin(
    { resource, settings }: ProbeTask,
    target: string,
    headers: HeaderList,
    shape: LookShape,
  ): Promise<{ readonly answer: OriginAnswer; readonly sinceMs: number } | undefined> {
    if (shape.kind === 'glance') return undefined;
    const answer = await fromOrigin(
      settings,
      target,
      headers,
      shape.kind === 'piece' ? shape.range : undefined,
    );
    if (answer === undefined) return undefined;
    const whole =
      shape.kind === 'whole' ? await noteWhole({ resource, settings }, target, answer) : undefined;
    return { answer, sinceMs: note(`${resource} ${target}`, answer, whole, clock.nowMs()) };
  }

  async function look(task: ProbeTask): Promise<Probed> {
    const { edge, resource, settings, hour } = task;
    targets.seed(resource, settings.probe);
    const room = budget.room(edge.address, resource, hour);
    const sizeOf = (target: string, size: number | undefined): number | undefined =>
      known.get(`${resource} ${target}`)?.size ?? size;
    const wanted = task.wanted === undefined ? undefined : targets.named(resource, task.wanted.target);
    const drawn =
      wanted !== undefined && canLook(wanted, sizeOf(wanted, undefined), room)
        ? { target: wanted, size: undefined }
        : targets.draw(resource, random, (target, size) => canLook(target, sizeOf(target, size), room));
    if (drawn === undefined) return NOT_ASKED;
    const { target } = drawn;
    const head = drawHead(random);
    const { host, name } = drawHost(task);
    // An origin may answer by the name that it is asked for, which edges tell it.
    const toOrigin: HeaderList =
      name === undefined
        ? head.headers
        : [
            ...head.headers,
            ['X-Forwarded-Proto', edge.endpoint.startsWith('https:') ? 'https' : 'http'],
            ['X-Forwarded-Host', name],
          ];
    const at = { room, plays: head.plays, random };
    const size = sizeOf(target, drawn.size);
    const piece = target === wanted ? task.wanted?.range : undefined;
    const planned = planOf(target, size, at, piece);
    const before = await ofOrigin(task, target, toOrigin, planned);
    const facts = known.get(`${resource} ${target}`);
    // Only now is it known how large the whole is.
    const shape = planned.kind === 'whole' ? shapeOf(target, facts?.size, at) : planned;

    const askedAtMs = clock.nowMs();
    const contact = await deps.edges.ask({
      endpoint: edge.endpoint,
      host,
      target,
      headers: [...head.headers, ...shapeFields(shape, facts)],
      maxBytes: Math.max(room, MARGIN),
      timeoutMs: deps.edgeMs ?? MAX_EDGE_MS,
      from: deps.addresses[Math.floor(random() * deps.addresses.length)],
      ...(task.signal === undefined ? {} : { signal: task.signal }),
    });
    if (contact.kind === 'not-asked') return NOT_ASKED;
    const received = contact.kind === 'silent' ? contact.receivedBytes : contact.answer.receivedBytes;
    budget.spend(edge.address, resource, hour, received);
    const alive = contact.kind !== 'silent' || received > 0 || (contact.connected && (await isAlive(task)));
    if (task.signal?.aborted === true) return NOT_ASKED;
    book.addContact(edge.address, hour, alive);
    // What an edge refuses, or breaks off, it need not have counted.
    const served =
      contact.kind === 'answered' &&
      (contact.answer.status === 200 || contact.answer.status === 206) &&
      contact.answer.header('media-error') === undefined;
    if (received > 0)
      book.addBytes(edge.address, resource, hour, BigInt(received), served && task.withinHour);
    noteTotal(task, target, contact, received);
    if (contact.kind === 'silent') return alive ? UNKNOWN : { outcome: 'silent' };
    const { answer } = contact;
    if (name !== undefined && NOT_SERVED.has(answer.header('media-error') ?? '')) {
      noteRefused(task, name);
      return UNKNOWN;
    }
    const whole = planned.kind === 'whole' && shape.kind === 'whole';
    const asked = shape.kind === 'piece' && planned.kind === 'piece' ? shape.range : undefined;
    const range = whole ? undefined : shownRange(answer, asked);
    // A glance shows no bytes, unless the edge sends them unasked: then they are looked at as well.
    if (!whole && range === undefined) return UNKNOWN;
    const right =
      whole || range === asked
        ? before
        : await ofOrigin(task, target, toOrigin, { kind: 'piece', range: range ?? FIRST_BYTES });
    if (right?.answer.same !== true) return UNKNOWN;
    const finding = await compare(task, target, {
      headers: toOrigin,
      range,
      before: right.answer,
      sinceMs: right.sinceMs,
      askedAtMs,
      answer,
      isCut: whole && contact.kind === 'too-large',
    });
    if (finding === undefined) return UNKNOWN;
    book.addLook(edge.address, hour, {
      resource,
      target: range === undefined ? hashOfTarget(target) : hashOfPiece(target, range),
      bodyHash: finding.bodyHash,
      finding: finding.kind,
      by: OWN_LOOK,
      ...(finding.hashes === undefined ? {} : { hashes: finding.hashes }),
    });
    if (finding.kind === 'wrong') budget.suspect(edge.address, resource, hour);
    // A range that nobody asks for would tell the next probe from a viewer.
    return { outcome: finding.kind, compared: { target: hashOfTarget(target), range: asked } };
  }

  /** What the edge has counted of a probe as of a viewer's request. */
  function noteTotal(task: ProbeTask, target: string, contact: EdgeContact, bytes: number): void {
    const answer = contact.kind === 'answered' || contact.kind === 'too-large' ? contact.answer : undefined;
    // Nothing came, so perhaps it got nowhere.
    if (bytes === 0) return;
    const notServed = NOT_SERVED.has(answer?.header('media-error') ?? '');
    const failed =
      contact.kind !== 'answered' ||
      contact.answer.status >= 500 ||
      contact.answer.header('media-error') !== undefined;
    const [path = target] = target.split('?');
    deps.totals.add({
      edge: task.edge.address,
      // What it knows no site for, it counts as an error of none.
      host: notServed ? 'unknown' : `${resourceLabel(task.resource, sha256)}.${task.zone}`,
      path,
      kind: failed ? 'error' : saidHit(answer?.header('cache-status')) ? 'hit' : 'miss',
      bytes,
      atMs: clock.nowMs(),
    });
  }

  /**
   * Whether an edge answers anything at all. One that took a connection and then said nothing may wait for an origin
   * that keeps edges waiting: what it answers by itself tells the two apart, so that no origin gets it rejected.
   */
  async function isAlive(task: ProbeTask): Promise<boolean> {
    const contact = await deps.edges.ask({
      endpoint: task.edge.endpoint,
      host: `${resourceLabel(task.resource, sha256)}.${task.zone}`,
      target: OWN_ENDPOINT,
      headers: drawHead(random).headers,
      maxBytes: 65_536,
      timeoutMs: Math.min(deps.edgeMs ?? MAX_ALIVE_MS, MAX_ALIVE_MS),
      from: undefined,
      ...(task.signal === undefined ? {} : { signal: task.signal }),
    });
    return contact.kind === 'answered' || contact.kind === 'too-large';
  }

  /** What a whole answer of an origin tells: what it names, and its body, whose hash is returned. */
  async function noteWhole(
    { resource, settings }: Pick<ProbeTask, 'resource' | 'settings'>,
    target: string,
    answer: OriginAnswer,
  ): Promise<string | undefined> {
    if (answer.body === undefined || answer.status !== 200) return undefined;
    const plain = await decoded(answer.body, answer.coding, 4 * MAX_WHOLE);
    if (plain === undefined) return undefined;
    targets.read(resource, target, answer.type, plain);
    const bodyHash = toHex(sha256(plain));
    if (!answer.same) return bodyHash;
    deps.bodies.note(resource, hashOfTarget(target), bodyHash, {
      atMs: clock.nowMs(),
      // A body that another origin has may come for as long as that has it.
      freshMs:
        otherOrigins(settings).length > 0 ? Number.POSITIVE_INFINITY : (answer.freshMs ?? UNSAID_FRESH_MS),
    });
    return bodyHash;
  }

  async function fromOrigin(
    settings: Settings,
    target: string,
    headers: HeaderList,
    range: ByteRange | undefined,
  ): Promise<OriginAnswer | undefined> {
    return origin
      .get(settings, target, { headers: withRange(headers, range), maxBytes: MAX_WHOLE })
      .catch(() => undefined);
  }

  /**
   * What the other origins of a resource have in place of what an edge gave: it (`has-it`), the same as the first and since
   * when, or something that nobody can be judged by.
   */
  async function ofOthers(
    { resource, settings }: ProbeTask,
    target: string,
    { headers, range }: { readonly headers: HeaderList; readonly range: ByteRange | undefined },
    { edgeHash, beforeHash }: { readonly edgeHash: string; readonly beforeHash: string },
  ): Promise<'has-it' | 'unknown' | { readonly sinceMs: number }> {
    let sinceMs = 0;
    let isKnown = true;
    for (const other of otherOrigins(settings)) {
      const answer = await fromOrigin(other, target, headers, range);
      const hash = answer === undefined ? undefined : await hashOf(answer, range);
      if (hash === edgeHash) return 'has-it';
      if (answer === undefined || hash !== beforeHash) isKnown = false;
      else
        sinceMs = Math.max(
          sinceMs,
          note(
            `${resource} ${target} ${other.origin}`,
            answer,
            range === undefined ? hash : undefined,
            clock.nowMs(),
          ),
        );
    }
    return isKnown ? { sinceMs } : 'unknown';
  }

  async function compare(
    task: ProbeTask,
    target: string,
    seen: {
      readonly headers: HeaderList;
      readonly range: ByteRange | undefined;
      readonly before: OriginAnswer;
      readonly sinceMs: number;
      readonly askedAtMs: number;
      readonly answer: EdgeAnswer;
      /** More came than the origin has in all, so it is other bytes whatever they are. */
      readonly isCut: boolean;
    },
  ): Promise<
    | { readonly kind: 'right' | 'wrong'; readonly bodyHash: string; readonly hashes?: Look['hashes'] }
    | undefined
  > {
    const { before, answer, range } = seen;
    const given = {
      status: answer.status,
      coding: answer.header('content-encoding'),
      contentRange: answer.header('content-range'),
      body: answer.body,
    };
    const edgeHash = seen.isCut ? toHex(sha256(answer.body)) : await hashOf(given, range);
    const beforeHash = await hashOf(before, range);
    if (edgeHash === undefined || beforeHash === undefined) return undefined;
    // What is the origin's is right, whatever the origin has a moment later.
    if (edgeHash === beforeHash) return { kind: 'right', bodyHash: edgeHash };
    const elsewhere = await ofOthers(task, target, seen, { edgeHash, beforeHash });
    if (elsewhere === 'has-it') return { kind: 'right', bodyHash: edgeHash };
    if (elsewhere === 'unknown') return undefined;
    const after = await fromOrigin(task.settings, target, seen.headers, range);
    if (after?.same !== true) return undefined;
    const age = answer.header('age');
    const finding = judgeBody({
      before: { ...before, sha256: beforeHash },
      after: { ...after, sha256: await hashOf(after, range) },
      edge: {
        status: answer.status,
        etag: answer.header('etag'),
        lastModified: answer.header('last-modified'),
        ageSecs: age !== undefined && /^\d{1,9}$/.test(age) ? Number(age) : undefined,
        equal: false,
      },
      askedAtMs: seen.askedAtMs,
      stableSinceMs: Math.max(seen.sinceMs, elsewhere.sinceMs),
      freshMs: before.freshMs,
    });
    if (finding.kind === 'unknown') return undefined;
    if (finding.kind === 'same') return { kind: 'right', bodyHash: edgeHash };
    const right = await bytesOf(before, range);
    const wrong = seen.isCut ? answer.body : await bytesOf(given, range);
    return right === undefined || wrong === undefined
      ? { kind: 'wrong', bodyHash: edgeHash }
      : {
          kind: 'wrong',
          bodyHash: edgeHash,
          hashes: { right: hashesOf(right), wrong: hashesOf(wrong) },
        };
  }

  return {
    look,
    async learn(resource, settings, target) {
      const answer = await fromOrigin(settings, target, drawHead(random).headers, undefined);
      if (answer !== undefined) await noteWhole({ resource, settings }, target, answer);
    },
  };
}

/** How a target is asked for: the piece that is wanted where there is room for it, a whole one where nobody knows how large it is. */
function planOf(
  target: string,
  size: number | undefined,
  at: Parameters<typeof shapeOf>[2],
  piece: ByteRange | undefined,
): LookShape {
  if (piece !== undefined && piece[1] - piece[0] + MARGIN < at.room) return { kind: 'piece', range: piece };
  return size === undefined && canLook(target, size, at.room) ? { kind: 'whole' } : shapeOf(target, size, at);
}

/** Bytes of an answer that are compared although they were not asked for. */
const SHOWN_BYTES = 65_536;

/** Which bytes an answer shows: those that were asked for, or where it is a whole one instead, those that it begins with. */
function shownRange(answer: EdgeAnswer, asked: ByteRange | undefined): ByteRange | undefined {
  if (answer.status === 206) return asked;
  // A whole answer shows the range too, where it was read that far.
  if (answer.status !== 200 || answer.body.length === 0) return undefined;
  if (asked !== undefined && answer.body.length > asked[1]) return asked;
  return [0, Math.min(answer.body.length, SHOWN_BYTES) - 1];
}

interface Answered {
  readonly status: number;
  readonly coding: string | undefined;
  readonly contentRange: string | undefined;
  readonly body: Buffer | undefined;
}

/** SHA-256 of what `bytesOf` gives. */
async function hashOf(answer: Answered, range: ByteRange | undefined): Promise<string | undefined> {
  const bytes = await bytesOf(answer, range);
  return bytes === undefined ? undefined : toHex(sha256(bytes));
}

/** MD5 beside SHA-256, as evidence names both (whitepaper §2.9). */
function hashesOf(bytes: Uint8Array): BodyHashes {
  return { md5: createHash('md5').update(bytes).digest('hex'), sha256: toHex(sha256(bytes)) };
}

/** A body without its coding, or a range of it; undefined where it cannot be told. */
async function bytesOf(answer: Answered, range: ByteRange | undefined): Promise<Uint8Array | undefined> {
  if (answer.body === undefined) return undefined;
  if (range === undefined) {
    if (answer.status !== 200) return undefined;
    return decoded(answer.body, answer.coding, 4 * MAX_WHOLE);
  }
  // Ranges count the bytes of the coded body (RFC 9110 §14.2): two servers may code differently.
  if ((answer.coding ?? 'identity') !== 'identity') return undefined;
  return sliceOf({ ...answer, body: answer.body }, range);
}

function withRange(headers: HeaderList, range: ByteRange | undefined): HeaderList {
  return range === undefined ? headers : [...headers, ['Range', `bytes=${range[0]}-${range[1]}`]];
}

function hashOfPiece(target: string, [first, last]: ByteRange): string {
  return toHex(sha256(utf8(`${target}\n${first}-${last}`)));
}
