import { errorCode, errorMessage } from '@media-network/runtime';
import type { Settings } from '@media-network/protocol';
import type { CliContext } from '../command.ts';

/** What an origin said to this machine. Guards look themselves, from where they are. */
export type OriginSight =
  | { readonly kind: 'answers'; readonly status: number; readonly note: string | undefined }
  | { readonly kind: 'silent'; readonly why: string };

const TIMEOUT_MS = 5_000;

/** Asks an origin for the first target that guards may fetch, as they would. */
export async function checkOrigin(settings: Settings): Promise<OriginSight> {
  const target = settings.probe[0] ?? '/';
  try {
    const response = await fetch(new URL(target, settings.origin), {
      headers: {
        ...Object.fromEntries(settings.originHeaders),
        ...(settings.originHost === null ? {} : { host: settings.originHost }),
        'accept-encoding': 'identity',
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    const { status } = response;
    if (status >= 500) return { kind: 'silent', why: `it answers ${target} with status ${status}` };
    return {
      kind: 'answers',
      status,
      note: status >= 400 ? `it answers ${target} with status ${status}` : undefined,
    };
  } catch (error) {
    return { kind: 'silent', why: failureWords(error, settings.origin) };
  }
}

function failureWords(error: unknown, origin: string): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `it says nothing for ${TIMEOUT_MS / 1000} s`;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = errorCode(cause);
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name does not resolve';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'it ends the connection';
    case 'internal/unknown':
      // The Fetch standard's list of ports that nothing which speaks HTTP is behind.
      if (errorMessage(cause) === 'bad port')
        return `port ${new URL(origin).port} is one that browsers and "fetch" refuse, so it was not asked: serve it on another`;
      return cause instanceof Error ? cause.message : 'the request fails';
    default:
      return `the connection fails (${code})`;
  }
}

/** Says now what guards would find in a while. */
export async function warnOfOrigin(settings: Settings, context: CliContext): Promise<boolean> {
  const seen = await checkOrigin(settings);
  if (seen.kind === 'silent')
    context.terminal.note(
      `Warning: the origin ${settings.origin} does not answer this machine: ${seen.why}. Guards serve it only when it answers them.`,
    );
  else if (seen.note !== undefined)
    context.terminal.note(`Warning: the origin ${settings.origin} is there, but ${seen.note}.`);
  return seen.kind === 'answers';
}
