const TIMEOUT_MS = 8_000;

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
    return response.ok ? fieldsOf(await response.json()) : undefined;
  } catch {
    return undefined;
  }
}
