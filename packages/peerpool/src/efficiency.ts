/** Whitepaper Figure 9, of bytes as they are counted. */
export interface Efficiency {
  /** Share of all bytes that peers delivered, 0 to 1. */
  readonly peerEfficiency: number;
  /** Of the bitrate that is watched, what comes from peers and from the network, in the unit that it is given in. */
  readonly p2pBitrate: number;
  readonly networkBitrate: number;
  /** How many viewers the same network serves for each without peers; Infinity where it is not needed at all. */
  readonly scalability: number;
}

export function efficiency(edgeBytes: number, peerBytes: number, bitrate: number): Efficiency {
  const total = edgeBytes + peerBytes;
  const share = total === 0 ? 0 : peerBytes / total;
  return {
    peerEfficiency: share,
    p2pBitrate: share * bitrate,
    networkBitrate: (1 - share) * bitrate,
    scalability: share === 1 ? Infinity : 1 / (1 - share),
  };
}
