import { newKey, keyText } from '@media-network/certificates/make';
import {
  beginOrder,
  certificateId,
  isGone,
  momentIn,
  renewalInfo,
  stepOrder,
  usualMoment,
} from '@media-network/certificates/acme';
import type { Account, ChallengeType, Proof } from '@media-network/certificates/acme';
import type { CertificatePair } from '@media-network/certificates';
import { MediaError, createRepeatingTask, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask } from '@media-network/runtime';
import type { Challenges } from './challenges.ts';
import type { DnsPublisher } from './dns-publisher.ts';
import type { EdgesOfName } from './edges-of-name.ts';
import type { HeldCertificate, HeldCertificates } from './held-certificates.ts';
import type { OrderRecord, OrderRecords } from './order-records.ts';
import { afterMsOf, isPassing, pauseMs } from './retry.ts';

/** Has certificates made by a CA, and renewed, for names that this edge serves. */
export interface OrderDesk {
  /** A name is served here, and has no certificate: one is to be had. */
  want(name: string): void;
  onIssued(listener: (name: string) => void): void;
  /** Orders under way, and why there are none. */
  records(): readonly OrderRecord[];
  /** Since the start, by how they ended. */
  readonly counts: Readonly<Record<'placed' | 'issued' | 'failed', number>>;
  readonly task: RepeatingTask;
}

/** Whether a name is this edge's to be certified for; `unknown`: it cannot be told now. */
export type MayHave = 'yes' | 'no' | 'unknown';

export interface OrderDeskDeps {
  readonly account: Account;
  readonly held: HeldCertificates;
  readonly records: OrderRecords;
  readonly challenges: Challenges;
  /** For DNS-01. */
  readonly dns: DnsPublisher | undefined;
  readonly mayHave: (name: string) => Promise<MayHave>;
  /** A first order waits for those of other edges for the same name. */
  readonly edges: Pick<EdgesOfName, 'refresh' | 'turnMs'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

export interface OrderDeskOptions {
  /** In the order in which they are tried. */
  readonly challenges: readonly ChallengeType[];
  readonly ordersPerHour: number;
}

const STEP_MS = 1_000;
const IDLE_MS = 30_000;
const HOUR_MS = 3_600_000;
/** Orders under way at once. */
const MAX_OPEN = 8;
/** Names that wait for their first; strangers cannot make any, publishers pay for theirs. */
const MAX_WANTED = 10_000;
/** An order that a CA has not decided by then is given up. */
const MAX_ORDER_MS = HOUR_MS;
const MAX_STEP_PAUSE_MS = 60_000;
const UNKNOWN_AGAIN_MS = 60_000;
/** A name that is no longer served keeps its certificate until that ends; it may come back. */
const GONE_AGAIN_MS = 24 * HOUR_MS;
/** Without an answer of the CA's, its renewal information is asked for again. */
const ASK_AGAIN_MS = HOUR_MS;

const NEW_RECORD = { order: undefined, failures: 0, notBeforeMs: 0, lastError: undefined } as const;

export function createOrderDesk(deps: OrderDeskDeps, options: OrderDeskOptions): OrderDesk {
  const { account, held, records, challenges, clock, random, log } = deps;
  const wanted = new Map<string, { readonly sinceMs: number; notBeforeMs: number }>();
  const listeners: ((name: string) => void)[] = [];
  /** Not asked of the CA before. */
  const nextStepAtMs = new Map<string, number>();
  /** Challenges that the CA was told to look at. */
  const toldOf = new Map<string, Set<string>>();
  /** By order, so that they can be taken back. */
  const presented = new Map<string, Proof[]>();
  const counts = { placed: 0, issued: 0, failed: 0 };

  async function present(name: string, proof: Proof): Promise<void> {
    const before = presented.get(name) ?? [];
    if (!before.some(({ token }) => token === proof.token)) {
      if (proof.type === 'dns-01') await deps.dns?.publish(recordName(proof), recordValue(proof));
      presented.set(name, [...before, proof]);
    }
    if (proof.type !== 'dns-01') challenges.put(proof);
  }

  async function takeBack(name: string): Promise<void> {
    for (const proof of presented.get(name) ?? []) {
      challenges.remove(proof.name);
      if (proof.type === 'dns-01')
        await deps.dns?.withdraw(recordName(proof), recordValue(proof)).catch((error: unknown) => {
          log.warn({ name, err: errorMessage(error) }, 'a TXT record could not be taken back');
        });
    }
    presented.delete(name);
    toldOf.delete(name);
  }

  async function failed(record: OrderRecord, error: unknown, passing: boolean): Promise<void> {
    const failures = record.failures + 1;
    const now = clock.nowMs();
    const notBeforeMs = now + pauseMs(failures, { passing, afterMs: afterMsOf(error) }, random);
    const { name } = record;
    const [code, message] = [errorCode(error), errorMessage(error)];
    await records.put({
      ...record,
      order: passing ? record.order : undefined,
      failures,
      notBeforeMs,
      lastError: { code, message, atMs: now },
    });
    if (!passing) {
      counts.failed += 1;
      await takeBack(name);
    }
    const again = new Date(notBeforeMs).toISOString();
    log.warn({ name, code, err: message, failures, again }, 'no certificate could be had; it is tried again');
  }

  async function step(record: OrderRecord): Promise<void> {
    const { name, order } = record;
    if (order === undefined) return;
    try {
      const told = toldOf.get(name) ?? new Set();
      toldOf.set(name, told);
      const outcome = await stepOrder(
        { account, present: (proof) => present(name, proof), told },
        name,
        order,
      );
      switch (outcome.kind) {
        case 'waiting': {
          const now = clock.nowMs();
          if (now - order.startedAtMs > MAX_ORDER_MS)
            return await failed(record, refusal(name, 'nothing within an hour'), false);
          const pause = Math.min(outcome.retryAfterMs ?? 0, MAX_STEP_PAUSE_MS);
          nextStepAtMs.set(name, now + pause);
          return;
        }
        case 'issued':
          return await issued(name, outcome.pair);
        case 'failed':
          return await failed(record, refusal(name, outcome.why), false);
        default:
          return outcome satisfies never;
      }
    } catch (error) {
      return failed(record, error, isPassing(error) && !isGone(error));
    }
  }

  async function issued(name: string, pair: CertificatePair): Promise<void> {
    await held.put(name, pair, clock.nowMs());
    await records.remove(name);
    await takeBack(name);
    nextStepAtMs.delete(name);
    wanted.delete(name);
    counts.issued += 1;
    const facts = held.get(name);
    log.info(
      { name, issuer: facts?.issuer, until: new Date(facts?.untilMs ?? 0).toISOString() },
      'a certificate is issued',
    );
    for (const listener of listeners) listener(name);
  }

  /** The challenge whose turn it is: who fails by one may pass by another. */
  function challengeFor(name: string, failures: number): ChallengeType | undefined {
    const possible = options.challenges.filter((each) =>
      each === 'dns-01' ? deps.dns !== undefined : !name.startsWith('*'),
    );
    return possible[failures % Math.max(possible.length, 1)];
  }

  /** False: no more orders for now. */
  async function begin(name: string, renewing: HeldCertificate | undefined): Promise<boolean> {
    const now = clock.nowMs();
    const may = await deps.mayHave(name);
    if (may !== 'yes') {
      const waiting = wanted.get(name);
      if (may === 'unknown') {
        if (waiting !== undefined) waiting.notBeforeMs = now + UNKNOWN_AGAIN_MS;
      } else {
        wanted.delete(name);
        await records.remove(name);
      }
      if (renewing !== undefined)
        renewing.renewAtMs = now + (may === 'no' ? GONE_AGAIN_MS : UNKNOWN_AGAIN_MS);
      return true;
    }
    const { placedAtMs } = records;
    if (placedAtMs.filter((at) => now - at < HOUR_MS).length >= options.ordersPerHour) return false;
    const record = records.get(name) ?? {
      ...NEW_RECORD,
      name,
      wantedAtMs: wanted.get(name)?.sinceMs ?? now,
    };
    try {
      const challenge = challengeFor(name, record.failures);
      if (challenge === undefined) throw refusal(name, 'only DNS-01 could prove it, and there is no hook');
      // Counted before it is asked for: a crash in between must not be a way to more.
      await records.placed(now);
      counts.placed += 1;
      const before = renewing === undefined ? undefined : await held.find(name);
      const order = await beginOrder(
        { account },
        {
          name,
          key: keyText(newKey()),
          challenge,
          replaces: before === undefined ? undefined : certificateId(before.cert),
          nowMs: now,
        },
      );
      log.info({ name, challenge }, 'a certificate is ordered');
      const ordered = { ...record, order };
      await records.put(ordered);
      await step(ordered);
    } catch (error) {
      await failed(record, error, isPassing(error));
    }
    return true;
  }

  /** When a certificate is to be renewed, as far as anybody says. */
  async function plan(certificate: HeldCertificate, now: number): Promise<void> {
    certificate.askAgainAtMs = now + ASK_AGAIN_MS;
    const usual = usualMoment(certificate, random);
    try {
      const pair = await held.find(certificate.name);
      const info = pair === undefined ? undefined : await renewalInfo(account.client, pair.cert);
      if (info === undefined) {
        certificate.renewAtMs ??= usual;
        return;
      }
      certificate.askAgainAtMs = now + info.askAgainMs;
      const { renewAtMs } = certificate;
      const stands =
        renewAtMs !== undefined && renewAtMs >= info.window.fromMs && renewAtMs < info.window.untilMs;
      if (!stands) certificate.renewAtMs = momentIn(info.window, random);
    } catch (error) {
      certificate.renewAtMs ??= usual;
      log.debug({ name: certificate.name, err: errorMessage(error) }, 'the CA does not say when to renew');
    }
  }

  async function round(): Promise<void> {
    await deps.edges.refresh();
    const more = await held.readSome();
    const now = clock.nowMs();
    const open = records.all().filter(({ order }) => order !== undefined);
    const due = open.filter(
      ({ name, notBeforeMs }) => notBeforeMs <= now && (nextStepAtMs.get(name) ?? 0) <= now,
    );
    await Promise.all(due.map((record) => step(record)));

    let asked = 0;
    for (const certificate of held.all()) {
      // At the start of an edge with thousands of names it is not asked of all at once.
      if (asked >= MAX_OPEN) break;
      if (certificate.askAgainAtMs > now || certificate.untilMs < now) continue;
      asked += 1;
      await plan(certificate, now);
    }

    for (const { name, certificate } of toBegin(now)) {
      if (records.all().filter(({ order }) => order !== undefined).length >= MAX_OPEN) break;
      if (!(await begin(name, certificate))) break;
    }
    if (more || asked >= MAX_OPEN || records.all().some(({ order }) => order !== undefined)) task.nudge();
  }

  /** What no order is under way for, the longest due first. */
  function toBegin(
    now: number,
  ): readonly { readonly name: string; readonly certificate: HeldCertificate | undefined }[] {
    const found: { name: string; certificate: HeldCertificate | undefined; dueAtMs: number }[] = [];
    for (const certificate of held.all()) {
      const dueAtMs = certificate.untilMs <= now ? certificate.untilMs : (certificate.renewAtMs ?? Infinity);
      if (dueAtMs <= now && certificate.notBeforeMs <= now)
        found.push({ name: certificate.name, certificate, dueAtMs });
    }
    for (const { name, wantedAtMs, order } of records.all())
      if (!held.has(name) && order === undefined && !wanted.has(name)) want(name, wantedAtMs);
    for (const [name, { sinceMs, notBeforeMs }] of wanted) {
      const dueAtMs = Math.max(notBeforeMs, sinceMs + deps.edges.turnMs(name));
      if (dueAtMs <= now && !held.has(name)) found.push({ name, certificate: undefined, dueAtMs });
    }
    return found
      .filter(({ name }) => {
        const record = records.get(name);
        return record === undefined || (record.order === undefined && record.notBeforeMs <= now);
      })
      .sort((a, b) => a.dueAtMs - b.dueAtMs);
  }

  function want(name: string, sinceMs: number): void {
    if (held.has(name) || wanted.has(name) || wanted.size >= MAX_WANTED) return;
    wanted.set(name, { sinceMs, notBeforeMs: 0 });
    // Who waits for its turn goes on waiting after a restart.
    if (deps.edges.turnMs(name) > 0 && records.get(name) === undefined)
      void records.put({ ...NEW_RECORD, name, wantedAtMs: sinceMs }).catch((error: unknown) => {
        log.warn({ name, err: errorMessage(error) }, 'that a certificate is wanted could not be noted');
      });
    task.nudge();
  }

  const task = createRepeatingTask(
    round,
    { clock, log },
    { name: 'certificate-orders', intervalMs: STEP_MS, maxIdleMs: IDLE_MS },
  );

  return {
    want: (name) => want(name, records.get(name)?.wantedAtMs ?? clock.nowMs()),
    onIssued: (listener) => void listeners.push(listener),
    records: () => records.all(),
    counts,
    task,
  };
}

function refusal(name: string, why: string): MediaError {
  return new MediaError({
    code: 'certificates/acme-failed',
    message: `The certificate authority does not certify ${name}: ${why}`,
    source: 'peer',
    context: { name },
  });
}

function recordName({ name }: Proof): string {
  return `_acme-challenge.${name}`;
}

function recordValue({ digest }: Proof): string {
  return Buffer.from(digest).toString('base64url');
}
