import { createHash, randomBytes } from 'node:crypto';
import { parseAddress, utf8, verifySignature } from '@media-network/protocol';
import type { Clock } from '@media-network/runtime';
import { refuse } from '../refusal.ts';
import type { Refusal } from '../refusal.ts';
import type { Store } from '../store/open-store.ts';
import { signInMessage } from './sign-in-message.ts';

/** Whoever has shown that a wallet is theirs. */
export interface Account {
  readonly address: string;
  readonly name: string;
}

export interface Challenge {
  readonly kind: 'challenge';
  readonly nonce: string;
  /** Word for word what the wallet is to sign. */
  readonly message: string;
}

export interface SignedIn {
  readonly kind: 'signed-in';
  readonly account: Account;
  /** For the cookie; kept here as its hash alone. */
  readonly token: string;
  readonly expiresMs: number;
}

export interface SignIn {
  begin(address: string): Promise<Challenge | Refusal>;
  /** `signature` of the message that the nonce was given with, 64 bytes. A nonce is good once, whatever comes of it. */
  complete(nonce: string, signature: Uint8Array): Promise<SignedIn | Refusal>;
  /** Whose cookie it is; undefined where it is over, or none. */
  accountOf(token: string): Promise<Account | undefined>;
  signOut(token: string): Promise<void>;
  rename(address: string, name: string): Promise<void>;
  /** Forgets what is over. */
  sweep(): Promise<void>;
}

/** To look at what is to be signed, and to sign it with a device. */
const CHALLENGE_MS = 5 * 60_000;
const SESSION_MS = 7 * 24 * 3_600_000;
/** Sign-ins under way: protects the disk against whoever begins them all day. */
const MOST_CHALLENGES = 10_000;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
/** How a wallet is called before it says so. */
const shortName = (address: string): string => `${address.slice(0, 4)}…${address.slice(-4)}`;

export function createSignIn(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  { site }: { readonly site: () => URL },
): SignIn {
  return {
    async begin(address) {
      if (parseAddress(address) === undefined) return refuse('express/bad-request', 'That is no address.');
      const nowMs = clock.nowMs();
      const { waiting } = await store
        .selectFrom('challenges')
        .select(({ fn }) => fn.countAll<number>().as('waiting'))
        .where('expires_ms', '>', nowMs)
        .executeTakeFirstOrThrow();
      if (waiting >= MOST_CHALLENGES) return refuse('express/too-many-requests');
      const nonce = randomBytes(16).toString('hex');
      const expiresMs = nowMs + CHALLENGE_MS;
      const message = signInMessage({
        domain: site().host,
        address,
        uri: site().origin,
        nonce,
        issuedMs: nowMs,
        expiresMs,
      });
      await store
        .insertInto('challenges')
        .values({ nonce, address, message, expires_ms: expiresMs })
        .execute();
      return { kind: 'challenge', nonce, message };
    },

    async complete(nonce, signature) {
      const nowMs = clock.nowMs();
      // Taken before it is looked at: of two that come with the same one, one gets it.
      const taken = await store
        .deleteFrom('challenges')
        .where('nonce', '=', nonce)
        .returningAll()
        .executeTakeFirst();
      if (taken === undefined || taken.expires_ms <= nowMs) return refuse('express/bad-challenge');
      const { address, message } = taken;
      if (!(await verifySignature(address, signature, utf8(message)))) return refuse('express/bad-signature');
      await store
        .insertInto('accounts')
        .values({ address, name: shortName(address), created_ms: nowMs })
        .onConflict((conflict) => conflict.column('address').doNothing())
        .execute();
      const token = randomBytes(32).toString('base64url');
      const expiresMs = nowMs + SESSION_MS;
      await store
        .insertInto('sessions')
        .values({ token_hash: hashOf(token), address, expires_ms: expiresMs })
        .execute();
      const { name } = await store
        .selectFrom('accounts')
        .select('name')
        .where('address', '=', address)
        .executeTakeFirstOrThrow();
      return { kind: 'signed-in', account: { address, name }, token, expiresMs };
    },

    async accountOf(token) {
      return store
        .selectFrom('sessions')
        .innerJoin('accounts', 'accounts.address', 'sessions.address')
        .select(['accounts.address', 'accounts.name'])
        .where('token_hash', '=', hashOf(token))
        .where('expires_ms', '>', clock.nowMs())
        .executeTakeFirst();
    },

    async signOut(token) {
      await store.deleteFrom('sessions').where('token_hash', '=', hashOf(token)).execute();
    },

    async rename(address, name) {
      await store.updateTable('accounts').set({ name }).where('address', '=', address).execute();
    },

    async sweep() {
      const nowMs = clock.nowMs();
      await store.deleteFrom('challenges').where('expires_ms', '<=', nowMs).execute();
      await store.deleteFrom('sessions').where('expires_ms', '<=', nowMs).execute();
    },
  };
}
