/** What is kept, as both databases have it. Times are Unix milliseconds, flags 0 or 1. No address of a network is in it. */
export interface Tables {
  readonly accounts: AccountRow;
  readonly challenges: ChallengeRow;
  readonly sessions: SessionRow;
  readonly channels: ChannelRow;
  readonly follows: FollowRow;
  readonly messages: MessageRow;
  readonly sanctions: SanctionRow;
  readonly words: WordRow;
  readonly moderators: ModeratorRow;
  readonly reports: ReportRow;
  readonly acts: ActRow;
  readonly audiences: AudienceRow;
}

export interface AccountRow {
  /** Base58 public key of a wallet: all that is known of a person, beside a name of their own choice. */
  readonly address: string;
  readonly name: string;
  readonly created_ms: number;
}

/** A sign-in that was begun. */
export interface ChallengeRow {
  readonly nonce: string;
  readonly address: string;
  /** What the wallet is to sign, word for word. */
  readonly message: string;
  readonly expires_ms: number;
}

export interface SessionRow {
  /** SHA-256 of the cookie, hex: whoever reads the database can sign in as nobody. */
  readonly token_hash: string;
  readonly address: string;
  readonly expires_ms: number;
}

export interface ChannelRow {
  readonly name: string;
  readonly owner: string;
  readonly title: string;
  readonly category: string;
  /** Name, title and category in lower case, for search. */
  readonly search: string;
  /** SHA-256 of the stream key, hex; null where there is none. */
  readonly key_hash: string | null;
  readonly key_made_ms: number | null;
  readonly created_ms: number;
  /** When it was on air last; 0 for never. */
  readonly aired_ms: number;
  /** Seconds between two messages of a viewer. */
  readonly slow_seconds: number;
  readonly followers_only: number;
  /** Why it may not be shown; null where it may. */
  readonly taken_down: string | null;
}

export interface FollowRow {
  readonly address: string;
  readonly channel: string;
  readonly at_ms: number;
}

export interface MessageRow {
  /** In the order of acknowledgement. */
  readonly id: number;
  readonly channel: string;
  readonly author: string;
  readonly text: string;
  readonly at_ms: number;
  /** Who took it away. */
  readonly deleted_by: string | null;
}

export interface SanctionRow {
  readonly channel: string;
  readonly address: string;
  /** Null for good. */
  readonly until_ms: number | null;
  readonly by_address: string;
  readonly at_ms: number;
}

export interface WordRow {
  readonly channel: string;
  readonly word: string;
}

export interface ModeratorRow {
  readonly channel: string;
  readonly address: string;
}

export interface ReportRow {
  readonly id: string;
  readonly channel: string;
  readonly message_id: number | null;
  readonly reporter: string;
  readonly reason: string;
  readonly at_ms: number;
  /** What became of it; null while it is open. */
  readonly settled: string | null;
}

/** What moderators did, to be looked at later. */
export interface ActRow {
  readonly id: string;
  readonly channel: string;
  readonly by_address: string;
  readonly kind: string;
  readonly subject: string;
  readonly at_ms: number;
}

/** Five minutes of a channel's audience, as they were published. */
export interface AudienceRow {
  readonly channel: string;
  readonly window_number: number;
  readonly attested: number;
  readonly claimed: number;
  readonly root: string;
  /** The statement with its signature, and the leaves, JSON. */
  readonly evidence: string;
}
