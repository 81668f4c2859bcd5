import type { z } from 'zod';
import type { Account } from '../accounts/sign-in.ts';
import type { Channel } from '../channels/channels.ts';
import type { Refusal } from '../refusal.ts';

/** Who may ask: `owner` and `moderator` of the channel in the path, `admin` of the site. Each may what those before it may. */
export type Asker = 'anyone' | 'account' | 'moderator' | 'owner' | 'admin';

/** One request, looked through: what a handler gets is what the endpoint asked for. */
export interface Call<Body> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Body;
  /** Whoever is signed in. */
  readonly account: Account | undefined;
  /** The cookie's; for signing out. */
  readonly token: string | undefined;
  /** The channel in the path. */
  readonly channel: Channel | undefined;
  /** Of the connection, for limits: kept nowhere. */
  readonly remoteAddress: string;
  /** Signs the browser in, or out with undefined. */
  readonly setToken: (token: string | undefined, expiresMs: number) => void;
}

/** What an endpoint answers: JSON, or why not. */
export type Reply = object | Refusal;

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/api/channels/{channel}`. */
  readonly path: string;
  readonly doc: string;
  readonly who: Asker;
  /** Players ask it every half minute, of one address many: it has limits of its own. */
  readonly frequent?: true;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  readonly handle: (call: Call<never>) => Promise<Reply>;
}

interface EndpointSpec<Body> extends Omit<Endpoint, 'body' | 'handle'> {
  readonly body?: z.ZodType<Body>;
  readonly handle: (call: Call<Body>) => Promise<Reply>;
}

/** An endpoint whose handler gets what its own schema has let through. */
export const endpoint = <Body = undefined>(spec: EndpointSpec<Body>): Endpoint => spec;

/** With what `who` promises: an account is there. */
export function accountIn({ account }: Pick<Call<never>, 'account'>): Account {
  if (account === undefined) throw new TypeError('this endpoint is for accounts');
  return account;
}

export function channelIn({ channel }: Pick<Call<never>, 'channel'>): Channel {
  if (channel === undefined) throw new TypeError('this endpoint has a channel in its path');
  return channel;
}
