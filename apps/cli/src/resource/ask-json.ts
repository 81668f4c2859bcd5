const TIMEOUT_MS = 8_000;
/** Nodes are strangers: one that sends without end is not listened to further. */
const MAX_BYTES = 4 * 1_024 * 1_024;

/** The fields of an object; of anything else none. */
export const fieldsOf = (value: unknown): ReadonlyMap<string, unknown> =>
  new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);

/** Asks a daemon; undefined where it does not answer as it should. */
export async function askJson(base: string, path: string): Promise<ReadonlyMap<string, unknown> | undefined> {
  try {
    const response = await fetch(new URL(path, base), {
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok || response.body === null) return undefined;
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body) {
      size += part.length;
      // Leaving the loop ends the request.
      if (size > MAX_BYTES) return undefined;
      parts.push(part);
    }
    return fieldsOf(JSON.parse(Buffer.concat(parts).toString()));
  } catch {
    return undefined;
  }
}
