import { MediaError } from '@media-network/runtime';

type Code = 'rtmp/malformed' | 'rtmp/too-much' | 'rtmp/out-of-order';

/** Of what an encoder sends that is no RTMP, or more than it may send: the connection ends. */
export function rtmpError(code: Code, message: string): MediaError {
  return new MediaError({ code, message, source: 'client' });
}
