import { z } from 'zod';
import type { SignIn } from '../accounts/sign-in.ts';
import type { Channels } from '../channels/channels.ts';
import { cleanText } from '../clean-text.ts';
import { isRefusal, refuse } from '../refusal.ts';
import { accountIn, endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { CHANNEL, DONE, done, tellChannel } from './shapes.ts';

const ACCOUNT = z.object({ address: z.string(), name: z.string() });
const MOST_NAME = 32;

export interface AccountEndpointsDeps {
  readonly signIn: SignIn;
  readonly channels: Channels;
  readonly admins: ReadonlySet<string>;
}

/** Signing in with a wallet, and what is known of whoever has. */
export const accountEndpoints = ({ signIn, channels, admins }: AccountEndpointsDeps): readonly Endpoint[] => [
  endpoint({
    method: 'POST',
    path: '/api/sign-in/begin',
    doc: 'A message for the wallet of an address to sign; good for five minutes, once.',
    who: 'anyone',
    body: z.strictObject({ address: z.string().max(44) }),
    answer: z.object({ nonce: z.string(), message: z.string() }),
    async handle({ body }) {
      const begun = await signIn.begin(body.address);
      return isRefusal(begun) ? begun : { nonce: begun.nonce, message: begun.message };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/sign-in/complete',
    doc: 'Signs in by the signature of that message (Ed25519, hex); the session is a cookie that no script can read.',
    who: 'anyone',
    body: z.strictObject({
      nonce: z.string().regex(/^[0-9a-f]{32}$/),
      signature: z.string().regex(/^[0-9a-f]{128}$/),
    }),
    answer: ACCOUNT,
    async handle({ body, setToken }) {
      const done = await signIn.complete(body.nonce, Buffer.from(body.signature, 'hex'));
      if (isRefusal(done)) return done;
      setToken(done.token, done.expiresMs);
      return done.account;
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/sign-out',
    doc: 'Ends the session.',
    who: 'anyone',
    answer: DONE,
    async handle({ token, setToken }) {
      if (token !== undefined) await signIn.signOut(token);
      setToken(undefined, 0);
      return done;
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/me',
    doc: 'Whoever is signed in, with their channels; null for nobody.',
    who: 'anyone',
    answer: z.object({
      account: ACCOUNT.extend({ admin: z.boolean() }).nullable(),
      channels: z.array(CHANNEL),
    }),
    async handle({ account }) {
      if (account === undefined) return { account: null, channels: [] };
      const own = await channels.ofOwner(account.address);
      return {
        account: { ...account, admin: admins.has(account.address) },
        channels: own.map((channel) => tellChannel(channel)),
      };
    },
  }),
  endpoint({
    method: 'PUT',
    path: '/api/me',
    doc: 'How one is called in chats, 1 to 32 characters.',
    who: 'account',
    body: z.strictObject({ name: z.string().max(200) }),
    answer: ACCOUNT,
    async handle(call) {
      const { address } = accountIn(call);
      const name = cleanText(call.body.name, MOST_NAME);
      if (name === undefined)
        return refuse('express/bad-request', `A name has 1 to ${MOST_NAME} characters.`);
      await signIn.rename(address, name);
      return { address, name };
    },
  }),
];
