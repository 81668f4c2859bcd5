import type { IncomingMessage, ServerResponse } from 'node:http';

/** What holds for every request: whose page it comes from, and who is signed in. */
export interface SiteRules {
  /** False for what a page of another site has its visitor's browser do. Programs, which say no origin, are let through: they have no visitor's cookie. */
  isOwnPage(request: IncomingMessage): boolean;
  tokenOf(request: IncomingMessage): string | undefined;
  setToken(response: ServerResponse, token: string | undefined, expiresMs: number): void;
}

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** `site`: where it is for its visitors, known when it listens. */
export function createSiteRules(site: () => URL): SiteRules {
  const secure = (): boolean => site().protocol === 'https:';
  // The prefix has browsers refuse it from other hosts and by HTTP (RFC 6265bis, 4.1.3).
  const cookie = (): string => (secure() ? '__Host-media-session' : 'media-session');
  return {
    isOwnPage({ headers: { origin, 'sec-fetch-site': from } }) {
      if (origin !== undefined) return origin === site().origin;
      return from === undefined || from === 'same-origin' || from === 'none';
    },
    tokenOf({ headers }) {
      for (const each of (headers.cookie ?? '').split(';')) {
        const [name = '', value = ''] = each.trim().split('=', 2);
        if (name === cookie() && TOKEN.test(value)) return value;
      }
      return undefined;
    },
    setToken(response, token, expiresMs) {
      const parts = [
        `${cookie()}=${token ?? ''}`,
        'Path=/',
        'HttpOnly',
        'SameSite=Strict',
        token === undefined ? 'Max-Age=0' : `Expires=${new Date(expiresMs).toUTCString()}`,
        ...(secure() ? ['Secure'] : []),
      ];
      response.setHeader('set-cookie', parts.join('; '));
    },
  };
}
