import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { callerOf } from '@media-network/runtime/daemon';
import type { Account, SignIn } from '../accounts/sign-in.ts';
import { createBuckets } from '../bucket.ts';
import type { Channel, Channels } from '../channels/channels.ts';
import { isRefusal, refuse, statusOf, wordsOf } from '../refusal.ts';
import type { Refusal } from '../refusal.ts';
import type { Call, Endpoint, Reply } from './endpoint.ts';
import { readJson } from './read-json.ts';
import type { SiteRules } from './site-rules.ts';

export interface ApiDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly signIn: SignIn;
  readonly channels: Channels;
  readonly moderators: (channel: string) => Promise<readonly string[]>;
  readonly admins: ReadonlySet<string>;
  readonly rules: SiteRules;
  readonly endpoints: readonly Endpoint[];
}

export interface Api {
  /** Answers what is below /api; never rejects. */
  answer(request: IncomingMessage, response: ServerResponse, target: URL): Promise<void>;
}

interface Route {
  readonly endpoint: Endpoint;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

/** Of one address, over all that changes something: protects disk and processors. */
const WRITES = { burst: 60, perSecond: 5 };
/** The same for what players send by themselves: a house or a school has one address. */
const BEATS = { burst: 2_000, perSecond: 100 };

const routeOf = (endpoint: Endpoint): Route => ({
  endpoint,
  names: [...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
  pattern: new RegExp(`^${endpoint.path.replaceAll(/\{\w+\}/g, '([^/]{1,100})')}$`),
});

export function createApi(deps: ApiDeps): Api {
  const { log, signIn, channels, rules, admins } = deps;
  const routes = deps.endpoints.map((endpoint) => routeOf(endpoint));
  const writes = createBuckets(deps, WRITES);
  const beats = createBuckets(deps, BEATS);

  /** The endpoint, and the values of its path. */
  function find(method: string, path: string): { route: Route; values: readonly string[] } | Refusal {
    const fitting = routes.flatMap((route) => {
      const match = route.pattern.exec(path);
      return match === null ? [] : [{ route, values: match.slice(1) }];
    });
    if (fitting.length === 0) return refuse('express/not-found');
    return fitting.find(({ route }) => route.endpoint.method === method) ?? refuse('express/bad-method');
  }

  /** Undefined where they may. */
  async function forbids(
    { who }: Endpoint,
    account: Account | undefined,
    channel: Channel | undefined,
  ): Promise<Refusal | undefined> {
    if (who === 'anyone') return undefined;
    if (account === undefined) return refuse('express/not-signed-in');
    const { address } = account;
    if (who === 'account' || admins.has(address)) return undefined;
    if (who === 'admin' || channel === undefined) return refuse('express/not-yours');
    if (channel.owner === address) return undefined;
    if (who === 'moderator' && (await deps.moderators(channel.name)).includes(address)) return undefined;
    return refuse('express/not-yours');
  }

  async function reply(request: IncomingMessage, response: ServerResponse, target: URL): Promise<Reply> {
    const method = request.method ?? '';
    const isWrite = method !== 'GET' && method !== 'HEAD';
    if (isWrite && !rules.isOwnPage(request)) return refuse('express/cross-origin');
    const remoteAddress = request.socket.remoteAddress ?? '';
    const found = find(method === 'HEAD' ? 'GET' : method, target.pathname);
    const bucket = !isRefusal(found) && found.route.endpoint.frequent === true ? beats : writes;
    if (isWrite && !bucket.take(callerOf(remoteAddress))) return refuse('express/too-many-requests');
    if (isRefusal(found)) return found;
    const { endpoint, names } = found.route;
    const params = Object.fromEntries(names.map((name, i) => [name, found.values[i] ?? '']));
    const token = rules.tokenOf(request);
    const account = token === undefined ? undefined : await signIn.accountOf(token);
    const named = params['channel'];
    const channel = named === undefined ? undefined : await channels.find(named);
    if (named !== undefined && channel === undefined) return refuse('express/not-found');
    const forbidden = await forbids(endpoint, account, channel);
    if (forbidden !== undefined) return forbidden;
    let body: unknown;
    if (endpoint.body !== undefined) {
      const read = await readJson(request);
      if (isRefusal(read)) return read;
      const parsed = endpoint.body.safeParse(read.value);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        return refuse('express/bad-request', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
      }
      body = parsed.data;
    }
    const call: Call<never> = {
      params,
      query: target.searchParams,
      // What the endpoint's own schema let through.
      body: body as never,
      account,
      token,
      channel,
      remoteAddress,
      setToken: (next, expiresMs) => rules.setToken(response, next, expiresMs),
    };
    return endpoint.handle(call);
  }

  return {
    async answer(request, response, target) {
      let told: Reply;
      try {
        told = await reply(request, response, target);
      } catch (error) {
        log.error({ code: errorCode(error), reason: errorMessage(error) }, 'a request failed');
        told = refuse('express/failed');
      }
      if (response.destroyed) return;
      const refused = isRefusal(told) ? told : undefined;
      const text = `${JSON.stringify(
        refused === undefined ? told : { error: { code: refused.code, message: wordsOf(refused) } },
      )}\n`;
      response.writeHead(refused === undefined ? 200 : statusOf(refused), {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        // What has not been read is not waited for.
        ...(request.complete ? {} : { connection: 'close' }),
      });
      response.end(request.method === 'HEAD' ? undefined : text);
    },
  };
}
