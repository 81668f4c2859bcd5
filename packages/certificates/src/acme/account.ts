import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { MediaError } from '@media-network/runtime';
import { createAcmeClient, badAnswer } from './acme-client.ts';
import type { AcmeAnswer, AcmeClient, AcmeClientDeps } from './acme-client.ts';
import { bindAccount, thumbprint } from './jws.ts';

/** What a CA knows its customer by, where it asks for it; from the CA's own pages. */
export interface AccountBinding {
  readonly kid: string;
  readonly hmacKey: Uint8Array;
}

export interface AccountOptions {
  /** URL of the CA's directory. */
  readonly directory: string;
  /** PEM of the account's key. */
  readonly key: string;
  readonly email: string | undefined;
  readonly binding: AccountBinding | undefined;
}

/** An account at a CA, registered when it is first needed. */
export interface Account {
  readonly client: AcmeClient;
  readonly thumbprint: string;
  /** Signed by the account; one that the CA has forgotten is registered anew. */
  post(url: string, payload: object | undefined): Promise<AcmeAnswer>;
}

export function createAccount(deps: AcmeClientDeps, options: AccountOptions): Account {
  const key: KeyObject = createPrivateKey(options.key);
  const client = createAcmeClient(deps, options.directory, key);
  let url: Promise<string> | undefined;

  /** The same key gets the same account, however often it asks. */
  async function register(): Promise<string> {
    const { newAccount, needsBinding } = await client.directory();
    const { email, binding } = options;
    if (needsBinding && binding === undefined)
      throw new MediaError({
        code: 'certificates/acme-needs-binding',
        message: `The certificate authority at ${new URL(options.directory).host} registers its own customers alone: take an external account binding from its pages and name it with --acme-eab-kid and --acme-eab-key.`,
        source: 'client',
      });
    const answer = await client.post(
      newAccount,
      {
        termsOfServiceAgreed: true,
        ...(email === undefined ? {} : { contact: [`mailto:${email}`] }),
        ...(binding === undefined ? {} : { externalAccountBinding: bindAccount(key, binding, newAccount) }),
      },
      undefined,
    );
    if (answer.location === undefined) throw badAnswer('an account without its address');
    return answer.location;
  }

  function account(): Promise<string> {
    url ??= register().catch((error: unknown) => {
      url = undefined;
      throw error;
    });
    return url;
  }

  return {
    client,
    thumbprint: thumbprint(key),
    async post(to, payload) {
      try {
        return await client.post(to, payload, await account());
      } catch (error) {
        if (!(error instanceof MediaError) || error.context['type'] !== 'accountDoesNotExist') throw error;
        url = undefined;
        return client.post(to, payload, await account());
      }
    },
  };
}
