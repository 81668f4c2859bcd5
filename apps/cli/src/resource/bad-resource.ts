import { MediaError } from '@media-network/runtime';

export function bad(message: string): MediaError {
  return new MediaError({ code: 'cli/bad-resource', message, source: 'client' });
}

/** A whole number of an option; anything else is refused with the option's name. */
export function parseWhole(text: string, option: string): bigint {
  if (/^\d{1,20}$/.test(text)) return BigInt(text);
  throw bad(`${option} takes a whole number, not "${text}".`);
}
