import { MediaError } from '@media-network/runtime';

export function bad(message: string, hint?: string): MediaError {
  return new MediaError({
    code: 'cli/bad-resource',
    message,
    ...(hint === undefined ? {} : { hint }),
    source: 'client',
  });
}

/** A whole number of an option; anything else is refused with the option's name. */
export function parseWhole(text: string, option: string): bigint {
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw bad(
    `${option} takes a whole number, not "${text}".`,
    'Write it with digits alone, such as 10000000000.',
  );
}
