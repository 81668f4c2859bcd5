/** What one connection may take. Each protects the server from whoever can reach its port. */
export interface RtmpLimits {
  /** Chunk streams open at once: each keeps the head of its last message. */
  readonly chunkStreams: number;
  /** Bytes of one message. */
  readonly messageBytes: number;
  /** Bytes of all messages together that have begun and not ended, as they announced themselves. */
  readonly heldBytes: number;
}

/** Before a stream key was accepted: commands are small. */
export const STRANGER_LIMITS: RtmpLimits = { chunkStreams: 16, messageBytes: 16_384, heldBytes: 65_536 };

/** Of an encoder that may publish: a frame of 4K video at 100 Mbit/s fits, eight times over. */
export const PUBLISHER_LIMITS: RtmpLimits = {
  chunkStreams: 32,
  messageBytes: 8 * 2 ** 20,
  heldBytes: 16 * 2 ** 20,
};
