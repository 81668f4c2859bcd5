import { readRules, signedForS3 } from '@media-network/rules';
import { errorCode, errorMessage } from '@media-network/runtime';
import { readOriginUrl } from '@media-network/protocol';
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
    const { url, fields } = await askedAt(settings, target);
    const response = await fetch(url, {
      headers: {
        ...Object.fromEntries(settings.originHeaders),
        'accept-encoding': 'identity',
        ...fields,
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

/** A target at the settings' own origin, behind the path that it may have; signed where it is a bucket. */
async function askedAt(
  { origin, originHost, rules = [] }: Settings,
  target: string,
): Promise<{ readonly url: string; readonly fields: Readonly<Record<string, string>> }> {
  const at = readOriginUrl(origin);
  if (at === undefined) return { url: origin, fields: {} };
  const read = readRules(rules);
  const more =
    read.kind === 'ok'
      ? read.rules.origin.find((each) => each.origin === at.origin && each.prefix === at.prefix)
      : undefined;
  const host = more?.host ?? originHost;
  const named: Record<string, string> = host === null ? {} : { host };
  if (more?.s3 === undefined) return { url: at.origin + at.prefix + target, fields: named };
  const signed = await signedForS3(more.s3, {
    method: 'GET',
    scheme: at.origin.startsWith('https:') ? 'https' : 'http',
    host: host ?? new URL(at.origin).host,
    prefix: at.prefix,
    target,
    nowMs: Date.now(),
  });
  const [pairs, fields] = [signed.fields, { ...named }];
  for (let i = 0; i + 1 < pairs.length; i += 2) fields[pairs[i] ?? ''] = pairs[i + 1] ?? '';
  return { url: at.origin + signed.path, fields };
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
