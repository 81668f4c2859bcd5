import type { Entry } from './catalogue.ts';

const AGAIN = 'Try again in a moment.';
const BALANCE = '"media wallet balance" shows what the wallet holds.';
const BUG = 'This is a fault of the program: run it with --debug and report what it shows.';
const RESTORE =
  'Restore the folder from a copy, go on without what is lost with "media chain --accept-loss", or start anew with "media up --reset".';

/** Codes of the chain client and of the embedded chain; those of the on-chain program are in its schema. */
export const CHAIN_ERRORS: Readonly<Record<string, Entry>> = {
  'chain/abandoned': [
    'The wait for a transaction was given up; it may still land.',
    'Look the signature up before sending again.',
  ],
  'chain/already-deployed': [
    'There is an account at the id of the program already.',
    'Deploy under a new program keypair with --program-keypair.',
  ],
  'chain/already-processed': [
    'The chain has processed this very transaction already.',
    'Nothing is to be done: look at what it changed.',
  ],
  'chain/bad-answer': [
    "What answers at the URL does not speak Solana's JSON-RPC.",
    'Name the JSON-RPC of a Solana node with --url.',
  ],
  'chain/bad-key': [
    'A key is damaged, or has the wrong length.',
    'Name a right keypair file with --keypair.',
  ],
  'chain/bad-url': ['The URL of the node is none.', 'Write it as http://host:port or https://host.'],
  'chain/bad-value': ['A value does not fit its field.', BUG],
  'chain/blockhash-expired': [
    'The transaction got too old before the chain took it in.',
    'The chain is busy: try again, or use another node with --url.',
  ],
  'chain/deploy-failed': [
    'The program was not deployed whole.',
    'Run the same command again: it goes on from there.',
  ],
  'chain/http-error': ['The node answers with an HTTP error.', 'Try again, or use another node with --url.'],
  'chain/instruction-failed': [
    'The chain refused one instruction of the transaction.',
    'Run it with --debug; the log of the chain is in the context.',
  ],
  'chain/insufficient-lamports': [
    'The paying wallet holds too few SOL.',
    'Send it some; on a test chain: "media wallet airdrop 1".',
  ],
  'chain/insufficient-tokens': [
    'A token account holds too little.',
    '"media wallet balance" shows what a wallet holds: ask for less, or name another with --keypair.',
  ],
  'chain/missing-input': ['An instruction was built without something that it needs.', BUG],
  'chain/no-network': [
    'There is no network under this program on this chain.',
    'Name the right program with --program, or create a network: "media network create".',
  ],
  'chain/no-resource': [
    'There is no resource at this address.',
    '"media resource list --all" shows what there is.',
  ],
  'chain/node-behind': [
    'The node is behind the chain.',
    'Wait until it has caught up, or use another with --url.',
  ],
  'chain/rate-limited': ['The node limits requests.', 'Wait, or use another node with --url.'],
  'chain/rpc-error': [
    'The node refused a request, for the reason that it gives.',
    'Use another node with --url if this one does not know the method.',
  ],
  'chain/settings-size': [
    'The settings are empty or longer than 8,192 bytes.',
    'Use fewer or shorter rules, headers, names and probe targets.',
  ],
  'chain/stopped': ['The wait was stopped.', AGAIN],
  'chain/timeout': [
    'The chain has not confirmed the transaction in time; it may still land.',
    'Look the signature up before sending again.',
  ],
  'chain/token-error': ['The token program failed.', BALANCE],
  'chain/token-frozen': [
    'The token account is frozen.',
    'Use another account: whoever issued the token froze this one.',
  ],
  'chain/transaction-failed': ['The chain refused the transaction.', AGAIN],
  'chain/transaction-too-large': ['The transaction is larger than the chain takes.', BUG],
  'chain/unreachable': [
    'Nothing answers at the URL of the node.',
    'Start a network with "media up", a chain with "media chain", or name another node with --url.',
  ],
  'chain/wrong-account': ['The account at this address is of another kind.', 'Check the address.'],
  'localnet/answer-too-large': [
    'The answer of the embedded chain would be larger than it gives.',
    'Ask for less: filters, a dataSlice, or fewer slots.',
  ],
  'localnet/clock-not-manual': [
    "The chain's clock cannot be turned.",
    'Only chains of tests have one that can.',
  ],
  'localnet/disk-full': [
    'The disk of the chain is full.',
    'Make room and start again: nothing confirmed is lost.',
  ],
  'localnet/history-corrupt': [
    "The index of the chain's history cannot be read.",
    'Restore it from a copy, or remove it: it is made anew from the log.',
  ],
  'localnet/history-foreign': [
    "The index of the chain's history is of another chain.",
    'Put the right one back, or remove it.',
  ],
  'localnet/lock-unreadable': [
    "The lock of the chain's folder cannot be taken.",
    'It holds nothing: remove it and start again.',
  ],
  'localnet/locked': [
    'Another process runs a chain in this folder.',
    'Stop it with "media up --stop", or choose another folder with --dir.',
  ],
  'localnet/log-behind': ["The chain's log ends before what its history knows.", RESTORE],
  'localnet/log-corrupt': ["The chain's log is damaged.", RESTORE],
  'localnet/log-failed': [
    "The chain's log cannot be written; the transaction has no effect.",
    'Make room or mend the disk, and send it again.',
  ],
  'localnet/log-missing': ['The folder has a snapshot and no log after it.', RESTORE],
  'localnet/cannot-listen': [
    'The chain cannot listen.',
    'Choose another port or address, as the message says.',
  ],
  'localnet/port-in-use': [
    'The port of the chain is taken.',
    'Stop what listens there, or choose another with --rpc-port.',
  ],
  'localnet/program-unreadable': [
    'The program file cannot be read.',
    'Check the checkout out again: programs/media/media.so is missing or unreadable.',
  ],
  'localnet/rpc': [
    "The embedded chain refuses a request, in Solana's own words.",
    'Read its message: it is that of any Solana node.',
  ],
  'localnet/snapshot-corrupt': ["The chain's snapshot is damaged.", RESTORE],
  'localnet/snapshot-missing': ['The folder has a log and no snapshot.', RESTORE],
};
