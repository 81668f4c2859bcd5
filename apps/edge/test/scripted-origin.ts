import type { Socket } from 'node:net';
import type { RawOrigin } from './raw-http.ts';

/** What an origin answers once. */
export interface Said {
  readonly status?: number;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Buffer;
  /** Exactly these bytes in place of all else, latin1. */
  readonly raw?: string;
  /** Of the body only so much, then the connection is reset. */
  readonly cutAfter?: number;
  /** Says nothing and hangs up. */
  readonly reset?: boolean;
}

type Seen = RawOrigin['seen'][number];
type Step = Said | ((seen: Seen, count: number) => Said);

/** Puts an answer on a socket. */
export function say(socket: Socket, said: Said): void {
  if (said.reset === true) {
    socket.resetAndDestroy();
    return;
  }
  if (said.raw !== undefined) {
    socket.write(Buffer.from(said.raw, 'latin1'));
    return;
  }
  const status = said.status ?? 200;
  const body = Buffer.from(said.body ?? '');
  const lines = (said.headers ?? []).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const bodyless = status === 204 || status === 304;
  const length = bodyless ? '' : `Content-Length: ${body.length}\r\n`;
  socket.write(Buffer.from(`HTTP/1.1 ${status} Said\r\n${lines}${length}\r\n`, 'latin1'));
  if (said.cutAfter !== undefined)
    socket.write(body.subarray(0, said.cutAfter), () => socket.resetAndDestroy());
  else if (!bodyless && body.length > 0) socket.write(body);
}

/** The n-th request for a path gets the n-th answer, those after the last one the last. */
export function script(origin: RawOrigin, path: string, ...steps: readonly Step[]): void {
  let count = 0;
  origin.on(path, (socket, seen) => {
    const step = steps[Math.min(count, steps.length - 1)];
    count += 1;
    if (step !== undefined) say(socket, typeof step === 'function' ? step(seen, count) : step);
  });
}

/** Holds every request for a path until it is let go; then each gets the answer. */
export function gate(
  origin: RawOrigin,
  path: string,
): { readonly waiting: () => number; open(said: Said | ((seen: Seen) => Said)): void } {
  const held: { readonly socket: Socket; readonly seen: Seen }[] = [];
  let answer: ((seen: Seen) => Said) | undefined;
  origin.on(path, (socket, seen) => {
    if (answer === undefined) held.push({ socket, seen });
    else say(socket, answer(seen));
  });
  return {
    waiting: () => held.length,
    open(said) {
      answer = typeof said === 'function' ? said : () => said;
      for (const { socket, seen } of held.splice(0)) say(socket, answer(seen));
    },
  };
}
