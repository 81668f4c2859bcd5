/** Who answers at the URL that a node has on chain: another may have taken its port, or its machine. */
export type Answering = 'itself' | 'another' | 'something else' | 'nobody';

export async function whoAnswers(
  kind: 'guard' | 'edge',
  account: string,
  base: string,
  timeoutMs: number,
): Promise<Answering> {
  let said: unknown;
  try {
    const response = await fetch(new URL('/v1/info', base), {
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    said = await response.json().catch(() => undefined);
  } catch {
    return 'nobody';
  }
  const who: unknown =
    typeof said === 'object' && said !== null ? new Map(Object.entries(said)).get(kind) : undefined;
  if (who === account) return 'itself';
  return who === undefined ? 'something else' : 'another';
}

/** The words for an answer that is not the node's own; undefined of its own. */
export function strangerWords(kind: 'guard' | 'edge', answering: Answering): string | undefined {
  if (answering === 'itself') return undefined;
  if (answering === 'nobody') return 'no answer';
  return answering === 'another' ? `another ${kind} answers there` : 'something else answers there';
}
