import { text } from './site.ts';

/** Why the server did not do it. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Asks the site's own API. Throws `Refused`. The answer's shape is the API's own document. */
export async function ask<Answer>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(`/api${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refused('offline', text('offline'));
  }
  const told = (await response.json()) as Answer & {
    readonly error?: { readonly code: string; readonly message: string };
  };
  if (told.error !== undefined) throw new Refused(told.error.code, told.error.message);
  return told;
}

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export interface Card {
  readonly name: string;
  readonly title: string;
  readonly category: string;
  readonly live: boolean;
  readonly sinceMs: number | null;
  readonly viewers: number;
  readonly airedMs: number;
}

export interface Channel {
  readonly name: string;
  readonly owner: string;
  readonly title: string;
  readonly category: string;
  readonly hasKey: boolean;
  readonly slowSeconds: number;
  readonly followersOnly: boolean;
}

export interface Me {
  readonly account: { readonly address: string; readonly name: string } | null;
  readonly channels: readonly Channel[];
}
