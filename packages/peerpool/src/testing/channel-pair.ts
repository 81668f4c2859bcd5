import type { Channel } from '../transfer/channel.ts';

/** What a line does to a message on its way: undefined loses it. */
export type Tamper = (data: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | undefined;

/** Two ends of a line in memory. Messages arrive in order, each in a turn of its own; `tamper` is for what the first end sends. */
export function channelPair(tamper: Tamper = (data) => data): readonly [Channel, Channel] {
  let isOpen = true;
  const ends: Channel[] = [];
  const end = (at: 0 | 1): Channel => ({
    bufferedAmount: 0,
    send(bytes) {
      const sent = at === 0 ? tamper(bytes.slice()) : bytes.slice();
      if (sent === undefined) return;
      queueMicrotask(() => {
        if (isOpen) ends[1 - at]?.onMessage(sent.buffer);
      });
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      queueMicrotask(() => ends.forEach((each) => each.onClose()));
    },
    onMessage: () => undefined,
    onClose: () => undefined,
    onLow: () => undefined,
  });
  const [one, other] = [end(0), end(1)];
  ends.push(one, other);
  return [one, other];
}
