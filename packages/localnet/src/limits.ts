/** Every bound of the embedded chain, each with what it protects. */

/** Bytes of one HTTP request; protects the heap from one huge body. The largest honest one is a batch of sends. */
export const MAX_REQUEST_BYTES: number = 4 * 1024 * 1024;

/** Requests in one JSON-RPC batch; protects the event loop, which all other clients share. */
export const MAX_BATCH_LENGTH = 256;

/** Bytes of one answer, all of a batch together; protects the heap, and with it whatever else runs in the process. */
export const MAX_ANSWER_BYTES: number = 64 * 1024 * 1024;

/** Answers smaller than this are always given; only larger ones wait for room. */
export const SMALL_ANSWER_BYTES: number = 1024 * 1024;

/** Bytes of large answers that clients have not taken yet, all clients together; protects the heap from slow readers. */
export const MAX_UNSENT_BYTES: number = 256 * 1024 * 1024;

/** Time one batch may take before others get their turn; protects the event loop, which all clients share. */
export const BATCH_TURN_MS = 20;

/** Open HTTP sockets; protects the process's file descriptors, which the log needs too. */
export const MAX_HTTP_SOCKETS = 1024;

/** Open websocket connections; protects file descriptors and the fan-out of a notification. */
export const MAX_WEBSOCKETS = 512;

/** Subscriptions of one connection; protects memory and the fan-out from one careless client. */
export const MAX_SUBSCRIPTIONS = 1024;

/** Bytes of one websocket message; protects the heap. Requests there are subscriptions, which are short. */
export const MAX_SOCKET_MESSAGE_BYTES: number = 64 * 1024;

/** Unsent bytes after which a websocket is cut off; protects the heap from a reader that does not read. */
export const MAX_SOCKET_BACKLOG_BYTES: number = 16 * 1024 * 1024;

/** Bytes of a serialised transaction: Solana's packet size (1280) less its headers. */
export const MAX_TRANSACTION_BYTES = 1232;

/** Slots for which a blockhash may be used: Solana's MAX_PROCESSING_AGE. Bounds the replay cache. */
export const BLOCKHASH_LIFETIME_SLOTS = 150n;

/** Addresses in one getMultipleAccounts; Solana's own bound, protects the size of an answer. */
export const MAX_MULTIPLE_ACCOUNTS = 100;

/** Signatures in one getSignatureStatuses; Solana's own bound. */
export const MAX_SIGNATURE_STATUSES = 256;

/** Entries of one getSignaturesForAddress; Solana's own bound. */
export const MAX_ADDRESS_SIGNATURES = 1000;

/** Filters in one getProgramAccounts; Solana's own bound, protects the scan. */
export const MAX_ACCOUNT_FILTERS = 4;

/** Bytes one memcmp filter may compare; Solana's own bound, protects the scan. */
export const MAX_MEMCMP_BYTES = 128;

/** Digits of those bytes in base58, whose cost is quadratic. */
export const MAX_MEMCMP_BASE58_LENGTH = 175;

/** Slots one getBlocks or getBlocksWithLimit may span; Solana's own bound, protects the size of an answer. */
export const MAX_BLOCKS_RANGE = 500_000n;

/** Leaders in one getSlotLeaders; Solana's own bound. */
export const MAX_SLOT_LEADERS = 5_000;

/** Entries of one getRecentPerformanceSamples; Solana's own bound (12 hours of minutes). */
export const MAX_PERFORMANCE_SAMPLES = 720;

/** Accounts in one getLargestAccounts or getTokenLargestAccounts; Solana's own bound. */
export const MAX_LARGEST_ACCOUNTS = 20;

/** Addresses in one getRecentPrioritizationFees; Solana's own bound. */
export const MAX_FEE_ADDRESSES = 128;

/** Bytes of an account's data; Solana's own bound. */
export const MAX_ACCOUNT_BYTES = 10_485_760n;

/** Bytes that may be answered in base58, whose cost is quadratic; Solana's own bound. */
export const MAX_BASE58_BYTES = 128;

/** Bytes of log after which a snapshot is taken and the log truncated; bounds the time of a restart. */
export const LOG_ROTATE_BYTES: number = 32 * 1024 * 1024;

/** Bytes that must be free for a start; a chain that could not take its first transactions says so before it listens. */
export const START_ROOM_BYTES: number = 1024 * 1024;

/** Transactions whose effects go to disk by one write; bounds the memory of one frame. */
export const MAX_GROUP_COMMIT = 2048;

/** Bytes one log or snapshot frame may claim; a length beyond it can only be damage. */
export const MAX_FRAME_BYTES: number = 256 * 1024 * 1024;

/** Transactions an instance without a folder remembers; protects its heap. With a folder, disk is the bound. */
export const MAX_MEMORY_HISTORY = 100_000;

/** Lamports of one airdrop; protects the faucet from one typing mistake. 10 million SOL. */
export const MAX_AIRDROP_LAMPORTS = 10_000_000_000_000_000n;
