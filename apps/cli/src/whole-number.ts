import { MediaError } from '@media-network/runtime';

/** A whole number of an option from `least` to `most`; anything else is refused with the option's name. */
export function wholeBetween(text: string, name: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new MediaError({
    code: 'cli/bad-number',
    message: `${name} must be a whole number from ${least} to ${most}, not "${text}".`,
    source: 'client',
  });
}
