export interface SignInFacts {
  /** Host, and port where it is not the usual one, of the page that asks. */
  readonly domain: string;
  readonly address: string;
  /** Of the site, whole. */
  readonly uri: string;
  readonly nonce: string;
  readonly issuedMs: number;
  readonly expiresMs: number;
}

/** What a wallet shows and signs (Sign-In With Solana, after ERC-4361). It moves nothing and costs nothing, and says so. */
export const signInMessage = ({ domain, address, uri, nonce, issuedMs, expiresMs }: SignInFacts): string =>
  [
    `${domain} wants you to sign in with your Solana account:`,
    address,
    '',
    'This costs nothing and moves nothing.',
    '',
    `URI: ${uri}`,
    'Version: 1',
    `Nonce: ${nonce}`,
    `Issued At: ${new Date(issuedMs).toISOString()}`,
    `Expiration Time: ${new Date(expiresMs).toISOString()}`,
  ].join('\n');
