import { wrong } from './line.ts';
import type { Reading } from './line.ts';

/** A set of media types: `image/*,text/css`. */
export interface MediaTypes {
  readonly text: string;
  /** Whether it has the type of a Content-Type field. */
  has(contentType: string | undefined): boolean;
}

const TYPE = /^[a-z0-9!#$&^_.+-]+\/(?:[a-z0-9!#$&^_.+-]+|\*)$/;

export function readTypes(text: string): Reading<MediaTypes> {
  const types = text.toLowerCase().split(',');
  const bad = types.find((type) => !TYPE.test(type));
  if (bad !== undefined) return wrong(`has no media type in "${bad}": write image/* or text/css`);
  const whole = new Set(types.filter((type) => !type.endsWith('/*')));
  const groups = new Set(types.filter((type) => type.endsWith('/*')).map((type) => type.slice(0, -1)));
  return {
    kind: 'ok',
    value: {
      text,
      has(contentType) {
        const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
        return whole.has(type) || groups.has(type.slice(0, type.indexOf('/') + 1));
      },
    },
  };
}
