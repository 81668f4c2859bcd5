import { randomBytes } from 'node:crypto';
import type { Found } from '@media-network/chain';
import {
  decodeAttest,
  resourceLabel,
  toHex,
  verifyAttestSignature,
  verifyCounterSignature,
} from '@media-network/protocol';
import type { Counter, Settings } from '@media-network/protocol';
import { errorCode } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { isPrivateLiteral, publicLookup } from '@media-network/runtime/daemon';
import type { Viewer, ViewerResponse } from '@media-network/viewer';
import { sha256 } from '../evidence-store.ts';
import { counterOf } from '../meter/inspect.ts';
import type { PeerFetch } from '../peer-fetch.ts';
import { judgeBody } from './judge-body.ts';
import { sliceOf } from './origin-fetch.ts';
import type { ByteRange, OriginAnswer, OriginFetch } from './origin-fetch.ts';
import type { ProbeBook, WrongBody } from './probe-book.ts';

export interface ProberDeps {
  readonly viewer: Viewer;
  readonly fetch: PeerFetch;
  readonly origin: OriginFetch;
  readonly book: ProbeBook;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Whether edges may be on this machine or its local network. */
  readonly allowPrivate: boolean;
}

export interface ProbeTask {
  readonly edge: Found<'edge'>;
  readonly resource: string;
  readonly settings: Settings;
  readonly zone: string;
  /** Hour by the chain's clock, for edges that do not answer. */
  readonly hour: bigint;
  /** Most bytes of a body to ask the edge for. */
  readonly maxBytes: number;
}

/** A probe that has read the meter once and waits to go on. */
export interface OpenProbe {
  readonly task: ProbeTask;
  readonly first: Counter | undefined;
}

/**
 * Makes single probes, in two steps with a pause between them, so that the meter can show whether it is quiet.
 * Never rejects for what an edge or an origin does: what could not be seen is unknown.
 */
export interface Prober {
  open(task: ProbeTask): Promise<OpenProbe>;
  finish(open: OpenProbe): Promise<void>;
}

/** What is known of a target from earlier answers of its origin. */
interface TargetFacts {
  readonly size: number | undefined;
  readonly version: string | undefined;
  /** Since when the origin has shown no other version. */
  readonly sinceMs: number;
}

const MAX_TARGETS = 10_000;
/** An edge that ignores the range may answer with all of it; more than this is not read. */
const MAX_EDGE_BYTES = 2 * 2 ** 20;
/** Longest answer: one that drips is never silent. */
const MAX_EDGE_MS = 30_000;

export function createProber(deps: ProberDeps): Prober {
  const { viewer, fetch, origin, book, clock, random } = deps;
  const targets = new Map<string, TargetFacts>();

  /** Notes what an origin showed; the facts about its target after that. */
  function note(key: string, answer: OriginAnswer, atMs: number): TargetFacts {
    const known = answer.etag !== undefined || answer.lastModified !== undefined;
    const version = known ? `${answer.etag} ${answer.lastModified} ${answer.size}` : undefined;
    const before = targets.get(key);
    const same = before !== undefined && version !== undefined && before.version === version;
    const facts = { size: answer.size, version, sinceMs: same ? before.sinceMs : atMs };
    targets.delete(key);
    targets.set(key, facts);
    for (const oldest of targets.keys()) {
      if (targets.size <= MAX_TARGETS) break;
      targets.delete(oldest);
    }
    // Without a version there is no telling how long it has been this one.
    return version === undefined ? { ...facts, sinceMs: Number.POSITIVE_INFINITY } : facts;
  }

  async function counter(task: ProbeTask): Promise<Counter | undefined> {
    const [found] = await counterOf(fetch, task.edge.control, task.resource);
    if (found === undefined || found.edge !== task.edge.address || found.resource !== task.resource)
      return undefined;
    if (!(await verifyCounterSignature(found, task.edge.operator))) return undefined;
    book.addCounter(found);
    return found;
  }

  async function ask(task: ProbeTask, target: string, range: ByteRange): Promise<ViewerResponse | undefined> {
    const base = URL.parse(task.edge.endpoint);
    if (base === null || (!deps.allowPrivate && isPrivateLiteral(base.hostname))) return undefined;
    const secure = base.protocol === 'https:';
    const port = base.port === '' ? (secure ? 443 : 80) : Number(base.port);
    const host = `${resourceLabel(task.resource, sha256)}.${task.zone}`;
    const url = new URL(target, `${base.protocol}//${host}${base.port === '' ? '' : `:${base.port}`}`);
    try {
      return await viewer.get(url.href, {
        connectTo: { host: base.hostname.replaceAll(/^\[|\]$/g, ''), port },
        keepBody: true,
        idleTimeoutMs: 10_000,
        maxBodyBytes: MAX_EDGE_BYTES,
        signal: AbortSignal.timeout(MAX_EDGE_MS),
        ...(deps.allowPrivate ? {} : { lookup: publicLookup }),
        range,
      });
    } catch (error) {
      deps.log.debug({ edge: task.edge.address, code: errorCode(error) }, 'edge did not answer a probe');
      return undefined;
    }
  }

  async function attest(task: ProbeTask, target: string): Promise<string | undefined> {
    const nonce = randomBytes(16);
    const query = new URLSearchParams({ resource: task.resource, target, nonce: toHex(nonce) });
    const answer = await fetch.get(task.edge.control, `/v1/attest?${query.toString()}`, 4_096);
    const statement = answer?.status === 200 ? decodeAttest(answer.body) : undefined;
    if (answer === undefined || statement === undefined || toHex(statement.nonce) !== toHex(nonce))
      return undefined;
    return (await verifyAttestSignature(statement, task.edge.operator)) ? toHex(answer.body) : undefined;
  }

  async function compare(
    task: ProbeTask,
    target: string,
    range: ByteRange,
    answers: {
      readonly before: OriginAnswer;
      readonly sinceMs: number;
      readonly askedAtMs: number;
      readonly edge: ViewerResponse;
    },
  ): Promise<'same' | WrongBody | undefined> {
    const { before, edge, sinceMs, askedAtMs } = answers;
    if (before.slice === undefined) return undefined;
    const after = await origin.get(task.settings, target, range).catch(() => undefined);
    const edgeSlice = sliceOf(
      { status: edge.status, contentRange: edge.header('content-range'), body: edge.body },
      range,
    );
    if (after?.same !== true || edgeSlice === undefined) return undefined;
    const age = edge.header('age');
    const originHash = hashOf(before.slice);
    const edgeHash = hashOf(edgeSlice);
    const finding = judgeBody({
      before: { ...before, sha256: originHash },
      after: { ...after, sha256: after.slice === undefined ? undefined : hashOf(after.slice) },
      edge: {
        status: edge.status,
        etag: edge.header('etag'),
        lastModified: edge.header('last-modified'),
        ageSecs: age !== undefined && /^\d{1,9}$/.test(age) ? Number(age) : undefined,
        equal: edgeHash === originHash,
      },
      askedAtMs,
      stableSinceMs: sinceMs,
    });
    if (finding.kind === 'same') return 'same';
    if (finding.kind === 'unknown') return undefined;
    return { target, range, edgeHash, originHash, atMs: askedAtMs, attest: await attest(task, target) };
  }

  return {
    async open(task) {
      return { task, first: await counter(task) };
    },
    async finish({ task, first }) {
      const { probe } = task.settings;
      const target = probe[Math.floor(random() * probe.length)] ?? '/';
      const key = `${task.resource} ${target}`;
      const range = randomRange(targets.get(key)?.size, task.maxBytes, random);
      const before = await origin.get(task.settings, target, range).catch(() => undefined);
      const facts = before === undefined ? undefined : note(key, before, clock.nowMs());

      const second = await counter(task);
      const askedAtMs = clock.nowMs();
      const edge = await ask(task, target, range);
      const third = await counter(task);

      const hour = second?.hour ?? task.hour;
      book.addContact(task.edge.address, hour, edge !== undefined && second !== undefined);
      if (edge === undefined) return;
      const received = BigInt(edge.totalBytes);
      book.addBytes(task.edge.address, task.resource, third?.hour ?? hour, received);
      const counters = [first, second, third];
      if (
        first !== undefined &&
        second !== undefined &&
        third !== undefined &&
        counters.every((each) => each?.hour === hour)
      ) {
        book.addRound(task.edge.address, hour, {
          c0: first.bytes,
          c1: second.bytes,
          received,
          c2: third.bytes,
        });
      }
      if (before === undefined || facts === undefined || !before.same) return;
      const finding = await compare(task, target, range, { before, sinceMs: facts.sinceMs, askedAtMs, edge });
      if (finding !== undefined) book.addBody(task.edge.address, hour, finding);
    },
  };
}

function hashOf(bytes: Uint8Array): string {
  return toHex(sha256(bytes));
}

/** First and last byte of a part of random length, within the object where its size is known. */
export function randomRange(size: number | undefined, maxBytes: number, random: () => number): ByteRange {
  const room = Math.max(1, Math.min(size ?? maxBytes, maxBytes));
  const length = 1 + Math.floor(random() * room);
  const first = size === undefined ? 0 : Math.floor(random() * (Math.max(size, 1) - length + 1));
  return [first, first + length - 1];
}
