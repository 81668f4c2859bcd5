/** Why a viewer shares nothing. */
export type OffReason =
  /** The browser has no WebRTC or no hashes (a page that is not secure). */
  | 'unsupported'
  /** The viewer, or the page for it, said no. */
  | 'no-consent'
  /** The viewer asked for less data, or pays by the byte. */
  | 'save-data'
  | 'metered'
  /** `stop` was called. */
  | 'stopped';

/** What browsers that know it say of the line; TypeScript's DOM does not know it. */
interface Line {
  readonly saveData?: boolean;
  readonly type?: string;
}

export interface Surroundings {
  readonly line: Line | undefined;
  readonly isSupported: boolean;
}

export function surroundings(): Surroundings {
  const { connection } = navigator as { readonly connection?: Line };
  return {
    line: connection,
    // Without the Web Crypto of a secure page nothing could be verified.
    isSupported:
      typeof RTCPeerConnection === 'function' &&
      (globalThis.crypto as Crypto | undefined)?.subtle !== undefined,
  };
}

/** Undefined where nothing speaks against it. */
export function reasonAgainst(
  { line, isSupported }: Surroundings,
  allow: { readonly metered: boolean },
): OffReason | undefined {
  if (!isSupported) return 'unsupported';
  if (allow.metered) return undefined;
  if (line?.saveData === true) return 'save-data';
  return line?.type === 'cellular' ? 'metered' : undefined;
}
