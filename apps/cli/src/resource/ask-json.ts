const TIMEOUT_MS = 8_000;
/** Nodes are strangers: one that sends without end is not listened to further. */
const MAX_BYTES = 4 * 1_024 * 1_024;

/** The fields of an object; of anything else none. */
export const fieldsOf = (value: unknown): ReadonlyMap<string, unknown> =>
  new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);

/** What somebody answers in JSON; undefined where it does not answer as it should. */
export async function fetchJson(
  base: string,
  path: string,
  { timeoutMs, maxBytes }: { readonly timeoutMs: number; readonly maxBytes: number },
): Promise<unknown> {
  try {
    const response = await fetch(new URL(path, base), {
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok || response.body === null) return undefined;
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body) {
      size += part.length;
      // Leaving the loop ends the request.
      if (size > maxBytes) return undefined;
      parts.push(part);
    }
    return JSON.parse(Buffer.concat(parts).toString());
  } catch {
    return undefined;
  }
}

/** Asks a daemon; undefined where it does not answer as it should. */
export async function askJson(base: string, path: string): Promise<ReadonlyMap<string, unknown> | undefined> {
  const said = await fetchJson(base, path, { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES });
  return said === undefined ? undefined : fieldsOf(said);
}
