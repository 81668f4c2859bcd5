import { createHash, createPrivateKey } from 'node:crypto';
import { MediaError, errorCode } from '@media-network/runtime';
import { checkedPair, covers, factsOf } from '../certificate-pair.ts';
import type { CertificatePair } from '../certificate-pair.ts';
import type { Account } from './account.ts';
import { badAnswer, csrText, keyAuthorization } from './acme-client.ts';
import { readAuthorization, readOrder } from './objects.ts';
import type { Authorization, Order } from './objects.ts';

export type ChallengeType = 'http-01' | 'tls-alpn-01' | 'dns-01';

/** What a CA looks for, at the name that it is to certify. */
export interface Proof {
  readonly type: ChallengeType;
  readonly name: string;
  readonly token: string;
  /** What HTTP-01 answers with. */
  readonly keyAuthorization: string;
  /** SHA-256 of it: in the certificate of TLS-ALPN-01, and base64url in the TXT record of DNS-01. */
  readonly digest: Uint8Array;
}

/** An order under way, as it is kept: with it, whoever comes after a kill goes on where it was. */
export interface OpenOrder {
  readonly url: string;
  /** PEM of the key that the certificate will be for. */
  readonly key: string;
  readonly challenge: ChallengeType;
  readonly startedAtMs: number;
}

export type StepOutcome =
  /** The CA is at it. */
  | { readonly kind: 'waiting'; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'issued'; readonly pair: CertificatePair }
  /** Nothing will come of this order. */
  | { readonly kind: 'failed'; readonly why: string };

export interface OrderDeps {
  readonly account: Account;
  /** Has a proof ready to be looked for, when it resolves. */
  readonly present: (proof: Proof) => Promise<void>;
  /** Challenges that the CA was told to look at; a kill forgets them, and they are told again. */
  readonly told: Set<string>;
}

/**
 * Begins an order for a name. `replaces`: the certificate that it renews (RFC 9773 §5), by which a CA that knows it lets
 * its limits rest.
 */
export async function beginOrder(
  { account }: Pick<OrderDeps, 'account'>,
  order: {
    readonly name: string;
    readonly key: string;
    readonly challenge: ChallengeType;
    readonly replaces?: string | undefined;
    readonly nowMs: number;
  },
): Promise<OpenOrder> {
  const { name, key, challenge, replaces } = order;
  const identifiers = [{ type: 'dns', value: name }];
  const { newOrder, renewalInfo } = await account.client.directory();
  const place = async (more: object): Promise<string | undefined> =>
    (await account.post(newOrder, { identifiers, ...more })).location;
  let url: string | undefined;
  if (replaces !== undefined && renewalInfo !== undefined) {
    try {
      url = await place({ replaces });
    } catch (error) {
      // Another order replaces it already, or it was another CA's: it is ordered as a new one.
      if (errorCode(error) !== 'certificates/acme-refused') throw error;
      url = await place({});
    }
  } else url = await place({});
  if (url === undefined) throw badAnswer('an order without its address');
  return { url, key, challenge, startedAtMs: order.nowMs };
}

/** Does what can be done now. Every step may be done again: what a kill took is asked of the CA. */
export async function stepOrder(deps: OrderDeps, name: string, open: OpenOrder): Promise<StepOutcome> {
  const { account } = deps;
  const answer = await account.post(open.url, undefined);
  const order = readOrder(answer.json);
  if (order === undefined) throw badAnswer('with an order');
  switch (order.status) {
    case 'pending':
      return prove(deps, order, open, answer.retryAfterMs);
    case 'ready': {
      const { makeRequest } = await import('../make-certificate.ts');
      const csr = csrText(makeRequest([name], createPrivateKey(open.key)));
      const finalised = await account.post(order.finalize, { csr });
      return { kind: 'waiting', retryAfterMs: finalised.retryAfterMs };
    }
    case 'processing':
      return { kind: 'waiting', retryAfterMs: answer.retryAfterMs };
    case 'valid': {
      if (order.certificate === undefined) throw badAnswer('a valid order without a certificate');
      const { text } = await account.post(order.certificate, undefined);
      return { kind: 'issued', pair: issued(name, { cert: text, key: open.key }) };
    }
    case 'invalid':
      return { kind: 'failed', why: await whyInvalid(deps, order) };
    default:
      return order.status satisfies never;
  }
}

/** What a CA issued is for this name and this key, or it is not taken. */
function issued(name: string, pair: CertificatePair): CertificatePair {
  checkedPair(pair, "the certificate authority's answer");
  if (covers(factsOf(pair.cert).names, name.replace(/^\*/, 'x'))) return pair;
  throw badAnswer('a certificate for other names');
}

async function authorizationsOf({ account }: OrderDeps, order: Order): Promise<readonly Authorization[]> {
  return Promise.all(
    order.authorizations.map(async (url) => {
      const read = readAuthorization((await account.post(url, undefined)).json);
      if (read === undefined) throw badAnswer('with an authorization');
      return read;
    }),
  );
}

async function prove(
  deps: OrderDeps,
  order: Order,
  open: OpenOrder,
  retryAfterMs: number | undefined,
): Promise<StepOutcome> {
  const { account } = deps;
  for (const { status, name, challenges } of await authorizationsOf(deps, order)) {
    if (status !== 'pending') continue;
    const challenge = challenges.find(({ type }) => type === open.challenge);
    if (challenge === undefined)
      return {
        kind: 'failed',
        why: `it offers no ${open.challenge} for ${name}, but ${challenges.map(({ type }) => type).join(', ')}`,
      };
    const authorization = keyAuthorization(challenge.token, account.thumbprint);
    // Always, for a kill takes what was ready to be looked for.
    await deps.present({
      type: open.challenge,
      name,
      token: challenge.token,
      keyAuthorization: authorization,
      digest: createHash('sha256').update(authorization).digest(),
    });
    if (challenge.status !== 'pending' || deps.told.has(challenge.url)) continue;
    try {
      await account.post(challenge.url, {});
    } catch (error) {
      // One told before a kill, and decided since it was read: the next look shows it.
      if (!(error instanceof MediaError) || error.context['type'] !== 'malformed') throw error;
    }
    deps.told.add(challenge.url);
  }
  return { kind: 'waiting', retryAfterMs };
}

async function whyInvalid(deps: OrderDeps, order: Order): Promise<string> {
  const authorizations = await authorizationsOf(deps, order).catch(() => []);
  const errors = authorizations.flatMap(({ challenges }) => challenges.flatMap(({ error }) => error ?? []));
  return errors[0] ?? order.error ?? 'it does not say why';
}

/** Whether an order is one that the CA does not know any more. */
export function isGone(error: unknown): boolean {
  if (errorCode(error) !== 'certificates/acme-refused' || !(error instanceof MediaError)) return false;
  const { status, type } = error.context;
  return status === 404 || (type === 'malformed' && status === 400);
}
