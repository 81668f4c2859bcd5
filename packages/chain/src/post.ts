/** What came of a POST. */
export interface Posted {
  readonly status: number;
  readonly statusText: string;
  /** The field `Retry-After`, as it was sent. */
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** Sends JSON and reads the whole answer. Rejects with the signal's reason, or with what broke. */
export type Post = (url: string, body: string, signal: AbortSignal | undefined) => Promise<Posted>;

export const JSON_FIELDS = {
  accept: 'application/json',
  'content-type': 'application/json; charset=utf-8',
} as const;

/** With what every platform has. */
export const postByFetch: Post = async (url, body, signal) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: JSON_FIELDS,
    body,
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    status: response.status,
    statusText: response.statusText,
    retryAfter: response.headers.get('retry-after') ?? undefined,
    text: await response.text(),
  };
};
