/** An open, reliable, ordered line to one peer: a data channel, or a pair of ends in a test. */
export interface Channel {
  /** Bytes handed over and not yet sent. */
  readonly bufferedAmount: number;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
  /** Set by whoever takes the channel, at once. */
  onMessage: (data: ArrayBuffer) => void;
  onClose: () => void;
  /** `bufferedAmount` has fallen to `LOW_BYTES`. */
  onLow: () => void;
}

/** What waits in a channel at most: enough to keep a fast line busy, little enough to be able to stop. */
export const HIGH_BYTES: number = 256 * 1024;
export const LOW_BYTES: number = 64 * 1024;

export function channelOf(data: RTCDataChannel, onClose: () => void): Channel {
  data.binaryType = 'arraybuffer';
  data.bufferedAmountLowThreshold = LOW_BYTES;
  const channel: Channel = {
    get bufferedAmount() {
      return data.bufferedAmount;
    },
    send(bytes) {
      if (data.readyState === 'open') data.send(bytes);
    },
    close: onClose,
    onMessage: () => undefined,
    onClose: () => undefined,
    onLow: () => undefined,
  };
  data.addEventListener('message', ({ data: message }: MessageEvent<unknown>) => {
    // Text is no message of ours; what reads it says so.
    channel.onMessage(message instanceof ArrayBuffer ? message : new ArrayBuffer(0));
  });
  data.addEventListener('bufferedamountlow', () => channel.onLow());
  data.addEventListener('close', () => {
    channel.onClose();
    onClose();
  });
  return channel;
}
