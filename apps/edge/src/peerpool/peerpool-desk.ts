import { createHash } from 'node:crypto';
import type { CacheStore, Fill, StoredEntry } from '@media-network/http-cache';
import type { ParsedRequest } from '@media-network/http-front';
import { addressBytes, addressOf, fromHex, signSwarmPass } from '@media-network/protocol';
import type { SignBytes } from '@media-network/protocol';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { readOwnFile } from '@media-network/runtime/own-parts';
import type { EdgeChain, GuardView } from '../chain/edge-chain.ts';
import type { Moments } from '../chain/moments.ts';
import { admit } from '../serve/admit.ts';
import type { AdmitDeps } from '../serve/admit.ts';
import { keyedBy } from '../serve/entry-keys.ts';
import type { EntryKeys } from '../serve/entry-keys.ts';
import { madeRequest } from '../serve/made-request.ts';
import { permit } from '../serve/permit.ts';
import type { PermitDeps } from '../serve/permit.ts';
import { isReceived } from '../serve/received.ts';
import { refusalWords } from '../serve/refusal.ts';
import { admittedVisit, isPersonal } from '../serve/visit.ts';
import type { AdmittedVisit, Visit } from '../serve/visit.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import { createSegmentDigests } from './segment-digests.ts';

/** What an endpoint says. */
export interface PeerPoolSaid {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly reason?: string;
}

export interface PeerPoolDeskDeps {
  readonly chain: Pick<EdgeChain, 'edge' | 'guards' | 'nowMs'>;
  readonly store: Pick<CacheStore, 'lookup'>;
  /** What is on its way into the store, by key. */
  readonly fills: ReadonlyMap<string, Fill>;
  readonly keys: EntryKeys;
  readonly admit: AdmitDeps;
  readonly permit: PermitDeps;
  readonly moments: Moments;
  readonly sign: SignBytes;
  readonly log: Log;
}

/** What viewers need to share what they watch: the script, passes, and what segments are. */
export interface PeerPoolDesk {
  /** Undefined where there is no endpoint of that name. Never rejects. */
  answer(name: string, visit: Visit, tenant: Tenant): Promise<PeerPoolSaid> | undefined;
}

const SCRIPT = new URL('../../../../packages/peerpool-hls/browser/media-peerpool.js', import.meta.url);
/** Targets of one question, and their length together with it: as long as a target of a request. */
const MAX_TARGETS = 16;
const PASS_SECS = 600n;
/** Guards that a viewer is told of, to be tried in turn. */
const MAX_TRACKERS = 3;
const OPEN = ['Access-Control-Allow-Origin', '*'];
const NOT_KEPT = [...OPEN, 'Cache-Control', 'no-store'];

export function createPeerPoolDesk(deps: PeerPoolDeskDeps): PeerPoolDesk {
  const { chain } = deps;
  const digests = createSegmentDigests({
    edge: chain.edge,
    sign: deps.sign,
    hour: () => BigInt(deps.moments().hour),
  });
  let script: { readonly body: Buffer; readonly tag: string } | undefined;

  function scriptOf(): { readonly body: Buffer; readonly tag: string } {
    if (script === undefined) {
      const body = readOwnFile(SCRIPT);
      script = { body, tag: `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"` };
    }
    return script;
  }

  /** The visit that a viewer would make of a target, if its publisher lets it; a code otherwise. */
  async function visitOf(visit: Visit, tenant: Tenant, target: string): Promise<AdmittedVisit | string> {
    const { request } = visit;
    const asked: Visit = {
      ...visit,
      request: madeRequest({
        scheme: request.scheme,
        host: request.host,
        port: request.port,
        target,
        header: withoutToken(request),
        rawHeaders: request.rawHeaders,
        signal: request.signal,
        remoteAddress: request.remoteAddress,
      }),
    };
    const admitted = await admit(tenant, asked.request, deps.admit);
    if (admitted.kind === 'refused') return admitted.code;
    if (admitted.settings.rules.peerpool.length === 0) return 'edge/peerpool-off';
    const made = admittedVisit(asked, { tenant, ...admitted });
    const permitted = permit(made, deps.permit);
    if (permitted.kind === 'permitted') return made;
    return permitted.kind === 'refused' ? permitted.code : 'edge/peerpool-elsewhere';
  }

  /** What everybody gets who asks like that, if it is here. */
  async function storedFor(visit: AdmittedVisit): Promise<StoredEntry | undefined> {
    if (isPersonal(visit)) return undefined;
    const key = deps.keys.of(keyedBy(visit.tenant, visit.settings, visit.request), visit.asked.target);
    // The viewer has its last byte, and asks before the store has.
    const arrived = deps.fills.get(key);
    if (arrived !== undefined && isReceived(arrived)) await arrived.ended;
    const entry = await deps.store.lookup(key, visit.forwarded);
    return entry?.meta.status === 200 ? entry : undefined;
  }

  function trackers(content: string): string[] {
    // All viewers of one content ask the same guards, in the same order, wherever they are.
    return chain
      .guards()
      .map((guard) => ({ guard, standing: standing(guard, content) }))
      .sort((a, b) => (a.standing < b.standing ? -1 : 1))
      .slice(0, MAX_TRACKERS)
      .flatMap(({ guard }) => trackerUrl(guard));
  }

  async function pass(visit: Visit, tenant: Tenant): Promise<PeerPoolSaid> {
    const [target] = targetsOf(visit.request);
    if (target === undefined) return refused(400, 'edge/bad-target', 'Name a playlist: ?target=/live.m3u8.');
    const made = await visitOf(visit, tenant, target);
    if (typeof made === 'string') return refusedBy(made);
    // What a viewer was served a moment ago is here; what is for one viewer alone never is.
    if ((await storedFor(made)) === undefined)
      return refused(404, 'edge/not-shared', 'Nothing is kept of this target that all viewers get.');
    const content = createHash('sha256').update(made.path).digest();
    const resource = addressOf(fromHex(tenant.key) ?? new Uint8Array(32));
    const expires = BigInt(Math.floor(chain.nowMs() / 1_000)) + PASS_SECS;
    const body = { edge: chain.edge, resource, content: new Uint8Array(content), expires };
    return json(200, {
      pass: await signSwarmPass(body, deps.sign),
      trackers: trackers(`${resource} ${content.toString('hex')}`),
    });
  }

  async function digestsOf(visit: Visit, tenant: Tenant): Promise<PeerPoolSaid> {
    const targets = targetsOf(visit.request);
    if (targets.length === 0 || targets.length > MAX_TARGETS)
      return refused(400, 'edge/bad-target', `Name segments, ${MAX_TARGETS} at most: ?target=/1.m4s.`);
    const resource = addressOf(fromHex(tenant.key) ?? new Uint8Array(32));
    const found = await Promise.all(
      targets.map(async (target) => {
        const made = await visitOf(visit, tenant, target);
        if (typeof made === 'string') return made;
        const entry = await storedFor(made);
        return entry === undefined ? null : ((await digests.of(resource, target, entry)) ?? null);
      }),
    );
    const refusal = found.find((each) => typeof each === 'string');
    if (refusal !== undefined && found.every((each) => typeof each === 'string')) return refusedBy(refusal);
    return json(200, {
      edge: chain.edge,
      resource,
      hour: String(deps.moments().hour),
      digests: found.map((each) => (typeof each === 'string' ? null : each)),
    });
  }

  function scriptAnswer(request: ParsedRequest): PeerPoolSaid {
    const { body, tag } = scriptOf();
    const headers = [...OPEN, 'Cache-Control', 'public, max-age=3600', 'ETag', tag];
    if (request.header('if-none-match') === tag) return { status: 304, headers, body: Buffer.alloc(0) };
    return { status: 200, headers: [...headers, 'Content-Type', 'text/javascript; charset=utf-8'], body };
  }

  async function answered(name: string, visit: Visit, tenant: Tenant): Promise<PeerPoolSaid> {
    if (visit.request.method !== 'GET' && visit.request.method !== 'HEAD')
      return refused(405, 'edge/method-not-allowed', 'This endpoint is read-only.', ['Allow', 'GET, HEAD']);
    try {
      if (name === 'pass') return await pass(visit, tenant);
      if (name === 'digests') return await digestsOf(visit, tenant);
      return scriptAnswer(visit.request);
    } catch (error) {
      deps.log.warn(
        { code: errorCode(error), err: errorMessage(error) },
        'viewers got no answer for sharing',
      );
      return refused(503, 'edge/internal', 'Something went wrong in this edge.');
    }
  }

  return {
    answer(path, visit, tenant) {
      const name = NAMES.get(path);
      return name === undefined ? undefined : answered(name, visit, tenant);
    },
  };
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['peerpool.js', 'script'],
  ['peerpool/pass', 'pass'],
  ['peerpool/digests', 'digests'],
]);

/** A token of the publisher is for bytes of its own, and none of these are billed. */
function withoutToken(request: ParsedRequest): ParsedRequest['header'] {
  return (name) => (name === 'media-token' ? undefined : request.header(name));
}

function targetsOf({ target, pathEnd }: ParsedRequest): string[] {
  const wanted = new URLSearchParams(target.slice(pathEnd + 1)).getAll('target');
  return wanted.every((each) => /^\/[\x21-\x7e]*$/.test(each)) ? wanted : [];
}

/** `ws://` of a guard that is asked over http. */
function trackerUrl({ endpoint }: GuardView): string[] {
  const url = URL.parse('/v1/track', endpoint);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return [];
  return [url.href.replace(/^http/, 'ws')];
}

function standing({ operator }: GuardView, content: string): string {
  return createHash('sha256').update(addressBytes(operator)).update(content).digest('hex');
}

function json(status: number, value: unknown, more: readonly string[] = []): PeerPoolSaid {
  return {
    status,
    headers: [...NOT_KEPT, 'Content-Type', 'application/json', ...more],
    body: Buffer.from(`${JSON.stringify(value)}\n`),
  };
}

function refused(
  status: number,
  code: string,
  message: string,
  more: readonly string[] = [],
): PeerPoolSaid & { readonly reason: string } {
  return { ...json(status, { code, message }, ['Media-Error', code, ...more]), reason: code };
}

function refusedBy(code: string): PeerPoolSaid {
  if (code === 'edge/peerpool-off')
    return refused(
      404,
      code,
      'The publisher has not turned PeerPool on ("peerpool script" or "peerpool on").',
    );
  if (code === 'edge/peerpool-elsewhere') return refused(404, code, 'A rule answers this target.');
  const { status, words } = refusalWords(code);
  return refused(status, code, words);
}
