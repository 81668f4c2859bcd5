import { createHash, randomBytes } from 'node:crypto';
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
import type { Viewer, ViewerResponse } from '@media-network/viewer';
import { sha256 } from '../evidence-store.ts';
import { counterOf } from '../meter/inspect.ts';
import type { PeerFetch } from '../peer-fetch.ts';
import { judgeBody } from './judge-body.ts';
import type { OriginAnswer, OriginFetch } from './origin-fetch.ts';
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
  /** Pause between the first two looks at the meter. */
  readonly pauseMs: number;
}

/** Largest origin body that is read for comparison. */
const MAX_ORIGIN_BYTES = 2 * 2 ** 20;

/** Makes single probes. It never rejects for what an edge or an origin does: what could not be seen is unknown. */
export interface Prober {
  probe(task: ProbeTask): Promise<void>;
}

export function createProber(deps: ProberDeps): Prober {
  const { viewer, fetch, origin, book, clock, random } = deps;
  /** By resource and target: the origin's body as seen last, and since when it has not been another. */
  const seen = new Map<string, { readonly sha256: string; readonly sinceMs: number }>();

  async function counter(task: ProbeTask): Promise<Counter | undefined> {
    const [found] = await counterOf(fetch, task.edge.control, task.resource);
    if (found === undefined || found.edge !== task.edge.address || found.resource !== task.resource)
      return undefined;
    if (!(await verifyCounterSignature(found, task.edge.operator))) return undefined;
    book.addCounter(found);
    return found;
  }

  function stableSince(key: string, answer: OriginAnswer, atMs: number): number {
    if (answer.sha256 === undefined) return Number.POSITIVE_INFINITY;
    const before = seen.get(key);
    if (before?.sha256 === answer.sha256) return before.sinceMs;
    seen.delete(key);
    seen.set(key, { sha256: answer.sha256, sinceMs: atMs });
    for (const oldest of seen.keys()) {
      if (seen.size <= 10_000) break;
      seen.delete(oldest);
    }
    return atMs;
  }

  async function ask(
    task: ProbeTask,
    target: string,
    range: readonly [number, number] | undefined,
  ): Promise<ViewerResponse | undefined> {
    const base = new URL(task.edge.endpoint);
    const secure = base.protocol === 'https:';
    const port = base.port === '' ? (secure ? 443 : 80) : Number(base.port);
    const host = `${resourceLabel(task.resource, sha256)}.${task.zone}`;
    const url = new URL(target, `${base.protocol}//${host}${base.port === '' ? '' : `:${base.port}`}`);
    try {
      return await viewer.get(url.href, {
        connectTo: { host: base.hostname.replaceAll(/^\[|\]$/g, ''), port },
        keepBody: true,
        idleTimeoutMs: 10_000,
        // An edge that ignores the range may answer with all of it.
        maxBodyBytes: MAX_ORIGIN_BYTES,
        ...(range === undefined ? {} : { range }),
      });
    } catch (error) {
      deps.log.debug({ edge: task.edge.address, code: errorCode(error) }, 'edge did not answer a probe');
      return undefined;
    }
  }

  async function attest(task: ProbeTask, target: string): Promise<string | undefined> {
    const nonce = randomBytes(16);
    const query = new URLSearchParams({ resource: task.resource, target, nonce: toHex(nonce) });
    const answer = await fetch.get(task.edge.control, `/v1/attest?${query}`, 4_096);
    const statement = answer?.status === 200 ? decodeAttest(answer.body) : undefined;
    if (answer === undefined || statement === undefined || toHex(statement.nonce) !== toHex(nonce))
      return undefined;
    return (await verifyAttestSignature(statement, task.edge.operator)) ? toHex(answer.body) : undefined;
  }

  async function compare(
    task: ProbeTask,
    target: string,
    answers: {
      readonly before: OriginAnswer;
      readonly edge: ViewerResponse;
      readonly sinceMs: number;
      readonly range: readonly [number, number] | undefined;
    },
  ): Promise<'same' | WrongBody | undefined> {
    const { before, edge, range } = answers;
    if (before.body === undefined) return undefined;
    const after = await origin
      .get(task.settings, target, { maxBytes: MAX_ORIGIN_BYTES })
      .catch(() => undefined);
    if (after === undefined) return undefined;
    const wanted =
      edge.status === 206 && range !== undefined ? before.body.subarray(range[0], range[1] + 1) : before.body;
    const age = edge.header('age');
    const originHash = createHash('sha256').update(wanted).digest('hex');
    const finding = judgeBody({
      before,
      after,
      edge: {
        status: edge.status,
        etag: edge.header('etag'),
        lastModified: edge.header('last-modified'),
        ageSecs: age !== undefined && /^\d{1,9}$/.test(age) ? Number(age) : undefined,
        equal: edge.sha256 === originHash,
      },
      askedAtMs: edge.sentAtMs,
      stableSinceMs: answers.sinceMs,
    });
    if (finding.kind === 'same') return 'same';
    if (finding.kind === 'unknown') return undefined;
    return {
      target,
      edgeHash: edge.sha256,
      originHash,
      atMs: edge.sentAtMs,
      attest: await attest(task, target),
    };
  }

  return {
    async probe(task) {
      const targets = task.settings.probe;
      const target = targets[Math.floor(random() * targets.length)] ?? '/';
      const before = await origin
        .get(task.settings, target, { maxBytes: MAX_ORIGIN_BYTES })
        .catch(() => undefined);
      const readAtMs = clock.nowMs();
      const sinceMs =
        before === undefined ? readAtMs : stableSince(`${task.resource} ${target}`, before, readAtMs);
      const range = randomRange(before?.body?.length, task.maxBytes, random);

      const c0 = await counter(task);
      await clock.sleep(task.pauseMs);
      const c1 = await counter(task);
      const edge = await ask(task, target, range);
      const c2 = await counter(task);

      const hour = c0?.hour ?? task.hour;
      book.addContact(task.edge.address, hour, edge !== undefined && c0 !== undefined);
      if (edge === undefined) return;
      book.addBytes(task.edge.address, task.resource, c2?.hour ?? hour, BigInt(edge.totalBytes));
      if (
        c0 !== undefined &&
        c1 !== undefined &&
        c2 !== undefined &&
        c0.hour === c2.hour &&
        (edge.status === 200 || edge.status === 206)
      ) {
        const round = { c0: c0.bytes, c1: c1.bytes, received: BigInt(edge.totalBytes), c2: c2.bytes };
        book.addRound(task.edge.address, c0.hour, round);
      }
      if (before === undefined || targetIsPrivate(before)) return;
      const finding = await compare(task, target, { before, edge, sinceMs, range });
      if (finding !== undefined) book.addBody(task.edge.address, hour, finding);
    },
  };
}

/** First and last byte of a part of random length; undefined (all of it) when the size is not known. */
export function randomRange(
  size: number | undefined,
  maxBytes: number,
  random: () => number,
): readonly [number, number] | undefined {
  if (size === undefined) return [0, Math.floor(random() * maxBytes)];
  if (size < 2) return undefined;
  const length = 1 + Math.floor(random() * Math.min(size, maxBytes));
  const first = Math.floor(random() * (size - length + 1));
  return [first, first + length - 1];
}

/** Answers that are made for each asker cannot be compared. */
function targetIsPrivate(answer: OriginAnswer): boolean {
  return /\b(?:private|no-store)\b/i.test(answer.cacheControl ?? '');
}
