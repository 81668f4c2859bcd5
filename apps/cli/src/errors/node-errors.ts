import type { Entry } from './catalogue.ts';

const AGAIN = 'Try again in a moment.';
const LOG = "See the log of the edge for the request's id.";
const NEW_TOKEN = "Take a new token from the publisher's signer; viewers do so by themselves.";
const SIGNER = "Ask the publisher's signer again later.";
const ORIGIN =
  'See that the origin runs and is reached from the edges; "media resource list" says what they answer.';
const PORT = 'Stop what listens there, or choose another port.';
const OTHER_GUARD = 'Ask another guard.';
const DISK = 'Look at the disk of the edge: it is full, or failing.';
const VIEWER = 'This is between a player and the edge: use a viewer of this version.';

/** Codes of edges, guards, caches, fronts, viewers and auditors; `Media-Error` and JSON answers carry them. */
export const NODE_ERRORS: Readonly<Record<string, Entry>> = {
  'audit/no-hour': [
    'The hour has no report on this chain.',
    'It still runs, had no traffic, or was closed: "media status" shows recent hours.',
  ],
  'audit/no-report': [
    'The edge has no report of the hour.',
    'Name an hour in which it served; "media status" shows recent ones.',
  ],
  'audit/no-week': [
    'The week has no epoch yet: nothing was charged for it.',
    'Wait until fees of the week are charged.',
  ],
  'cache/abandoned': ['Every viewer of a fetch left.', 'Nothing is to be done.'],
  'cache/body-gone': ['A part of a body was dropped before it was sent.', AGAIN],
  'cache/body-too-long': ['A body is longer than announced.', ORIGIN],
  'cache/disk-reserve': [
    'The disk has no more room than what is to be left free.',
    'Make room, or bound the cache with --disk-bytes.',
  ],
  'cache/read-failed': ['A cached body is shorter on disk than it was stored.', DISK],
  'cache/truncated': ['A body is shorter than announced.', ORIGIN],
  'config/invalid': [
    'An option of a daemon is not right; the message names it.',
    'Correct it; "media edge --help-all" and "media guard --help-all" list all.',
  ],
  'config/unreadable': [
    'A file that the configuration names cannot be read.',
    'Check its path, owner and content.',
  ],
  'edge/aborted': ['The viewer went away.', 'Nothing is to be done.'],
  'edge/bad-proof': ['The table of claims gives a proof that is too long.', OTHER_GUARD],
  'edge/bad-request': [
    'The request to the control plane cannot be read.',
    'Write it as docs/evidence.md says.',
  ],
  'edge/bad-settings': [
    "The resource's settings cannot be used.",
    'Publish right ones: "media resource update 1 --origin http://127.0.0.1:3000".',
  ],
  'edge/chain-stale': [
    'The edge has not heard of the chain for a while.',
    'Check its connection to the node (--url), then its log.',
  ],
  'edge/draining': ['The edge is shutting down.', 'Use another edge, or wait until it is back.'],
  'edge/exhausted': [
    "The resource's stake is used up.",
    'Its publisher adds to it: "media stake add 10", then "media resource update 1 --lp 10".',
  ],
  'edge/folder-in-use': [
    'Another process uses the folder of this edge.',
    'Stop it, or choose another folder with --data.',
  ],
  'edge/internal': ['The edge failed to answer.', LOG],
  'edge/journal-corrupt': [
    'The journal of the edge is damaged.',
    'Keep a copy of the folder, remove its journal, and start again: hours not reported are lost.',
  ],
  'edge/journal-full': [
    'The edge cannot account for more traffic: its disk is full.',
    'Make room; it goes on by itself.',
  ],
  'edge/journal-unwritable': ['The journal cannot be written.', DISK],
  'edge/key-in-use': [
    'Another process runs with the key of this edge, and it is the one that the network knows.',
    'Stop one of the two; an edge on another machine needs a wallet of its own.',
  ],
  'edge/keeper-lost': [
    'The process that keeps the books of the edge has gone while a worker waited for its answer.',
    'Start the edge again; its log says what ended it.',
  ],
  'edge/listen-failed': ['The control plane cannot listen.', 'Check --control-host and --control-port.'],
  'edge/loop': [
    "The resource's origin leads back to the network.",
    'Name the real origin: "media resource update 1 --origin http://127.0.0.1:3000".',
  ],
  'edge/method-not-allowed': [
    'This endpoint takes other methods.',
    'Use the method that docs/evidence.md names.',
  ],
  'edge/must-revalidate': [
    'The cached copy may not be used without the origin, and that cannot be asked.',
    ORIGIN,
  ],
  'edge/no-epoch-table': [
    'No guard serves the table of claims of the week.',
    'It is asked for again by itself; check that guards run with "media status".',
  ],
  'edge/no-receipt': ['A session has no receipt yet.', VIEWER],
  'edge/no-settings': [
    'The edge cannot read the settings of the resource at the moment.',
    'See that guards run ("media status"); if they are new ones, "media resource update 1 --new-password" seals the settings for them.',
  ],
  'edge/no-such-evidence': ['The edge has no list with this root.', OTHER_GUARD],
  'edge/not-authorised': [
    'The guards have not authorised the resource, or this edge, yet.',
    '"media resource list" says why.',
  ],
  'edge/not-local': [
    'What viewers ask for is told on the machine of the edge alone.',
    'Run "media top" there.',
  ],
  'edge/not-cached': ['The object is not in the cache.', 'Ask for it once, then again.'],
  'edge/not-registered': [
    'The chain takes no report of this edge: it is not registered, or has left the network.',
    'Stop it, for it is paid for nothing; "media edge --keypair edge-4" registers it anew.',
  ],
  'edge/origin-bad-response': ["The origin's answer is not valid HTTP.", ORIGIN],
  'edge/origin-private': [
    "The origin's address is private, and this edge does not connect there.",
    'Use an origin with a public address, or run the edge with --allow-private-origins true.',
  ],
  'edge/origin-reset': ['The origin closed the connection early.', ORIGIN],
  'edge/origin-timeout': ['The origin did not answer in time.', ORIGIN],
  'edge/origin-truncated': ['The origin sent fewer bytes than it announced.', ORIGIN],
  'edge/origin-unreachable': ['The origin cannot be reached.', ORIGIN],
  'edge/over-quota': [
    'The resource has used up its quota for the moment.',
    'Wait as long as Retry-After says, or set more LP aside: "media resource update 1 --lp 10".',
  ],
  'edge/paused': [
    'The publisher has paused the resource.',
    '"media resource update 1 --resume" serves it again.',
  ],
  'edge/port-in-use': ['The port of the control plane is taken.', PORT],
  'edge/too-many-requests': ['Too many signatures are asked for.', 'Wait a second.'],
  'edge/unavailable': ['The edge cannot answer at the moment.', AGAIN],
  'edge/unknown-endpoint': ['There is no such endpoint.', 'docs/evidence.md lists what there is.'],
  'edge/name-unchecked': [
    "DNS or the resource's settings could not be asked whose the name is.",
    'Try again in a moment; "media resource show" says what the edges say of it.',
  ],
  'edge/unknown-host': [
    'No resource of the network has this host.',
    'Use the URL that "media resource list" prints.',
  ],
  'edge/upgrade-failed': [
    'A new generation of the edge did not come up; the one before goes on serving.',
    'The log of the edge says what went wrong. Mend it and run "media edge upgrade" again.',
  ],
  'edge/upgrade-under-way': ['A new generation of the edge is taking over.', 'Wait until it is up.'],
  'edge/upgrade-refused': ['The edge does not switch protocols.', 'Websockets go to the origin itself.'],
  'edge/worker-lost': [
    'A worker process of the edge ended by itself or was killed.',
    'It is started again by itself, later each time it ends soon; the log says how it ended.',
  ],
  'front/listen-failed': ['The edge cannot listen.', 'Check --host and --port.'],
  'front/port-in-use': ['The port of the edge is taken.', PORT],
  'guard/bad-request': ['The guard cannot read the request.', 'Write it as docs/evidence.md says.'],
  'guard/bad-signature': [
    'The request is signed by another key than the one that may ask.',
    'Use the operator of the edge, or the wallet that publishes the resource.',
  ],
  'guard/cannot-listen': ['The guard cannot listen.', 'Check --host and --port.'],
  'guard/cannot-read': [
    'This guard cannot read the settings.',
    'Ask another; "media resource update 1 --new-password" seals them for all guards there are.',
  ],
  'guard/chain-unreachable': ['The chain does not answer this guard.', OTHER_GUARD],
  'guard/closing': ['The guard is shutting down.', OTHER_GUARD],
  'guard/edge-not-active': [
    'The edge is not registered, or has left.',
    'Start it with "media edge": it registers itself.',
  ],
  'guard/fact-gone': [
    'What the guard was about to act on is not on chain any more.',
    'Nothing is to be done: it looks again.',
  ],
  'guard/internal': ['Something went wrong in the guard.', 'See its log.'],
  'guard/no-evidence': ['This guard does not have the list.', OTHER_GUARD],
  'guard/not-active': ['The resource is not active.', '"media resource list" says why.'],
  'guard/not-local': [
    'What the probes ask is told on the machine of the guard alone.',
    'Run "media top" there.',
  ],
  'guard/not-registered': [
    'The wallet has no guard account.',
    'Start it without --no-register: "media guard".',
  ],
  'guard/origin-refused': [
    'The guard does not fetch from this origin: its address is private, or the target is none.',
    'Use an origin with a public address.',
  ],
  'guard/other-version': [
    'Other settings are in force by now.',
    'Read the resource again and ask for those.',
  ],
  'guard/port-in-use': ['The port of the guard is taken.', PORT],
  'guard/stake-too-low': [
    "The edge's stake is below the minimum.",
    'Add to it: "media stake add 10 --role edge".',
  ],
  'guard/too-large': ['The body of the request is too large.', 'Write it as docs/evidence.md says.'],
  'guard/too-many-keys': ['Too many requests for keys from this address.', 'Wait a minute.'],
  'guard/too-many-requests': ['Too many requests from this address.', 'Wait a minute.'],
  'guard/unknown-path': ['There is nothing at this path.', 'docs/evidence.md lists what there is.'],
  'guard/unknown-resource': [
    'There is no such resource.',
    '"media resource list --all" shows what there is.',
  ],
  'guard/wrong-method': ['The path takes another method.', 'Use the method that docs/evidence.md names.'],
  'guard/wrong-operator': [
    'The guard account names another operator.',
    'Start with that key, or without --no-register to change the account.',
  ],
  'guard/wrong-seal-key': [
    'The guard account names another seal key.',
    'Start with its key file (--seal-key).',
  ],
  'guard/wrong-time': [
    'The time of the request is off by more than a minute.',
    'Set the clock; "media doctor" says by how much it is off.',
  ],
  'internal/unknown': [
    'Something went wrong that has no code of its own.',
    'Run it again with --debug to see where this comes from.',
  ],
  'receipt/bad-signature': ["A receipt is not signed by the session's key.", VIEWER],
  'receipt/decreasing': ['A receipt is below the one before.', VIEWER],
  'receipt/malformed': ['A receipt cannot be read.', VIEWER],
  'receipt/over-limit': ['A receipt is above what the edge has served.', VIEWER],
  'receipt/replayed': ['A receipt was seen already.', VIEWER],
  'receipt/unknown-session': ['The edge has no such session, or its hour is closed.', NEW_TOKEN],
  'receipt/wrong-subject': ['A receipt is for another edge or resource.', VIEWER],
  'runtime/private-address': ['The name leads to no public address.', 'Use a name with a public address.'],
  'viewer/aborted': ['The request was given up.', 'Nothing is to be done.'],
  'viewer/bad-header': ['A header has a line break.', 'Send it without.'],
  'viewer/bad-url': ['The URL cannot be fetched.', 'Only http and https can.'],
  'viewer/connect': ['The connection was not made.', 'Check the address, and that something listens there.'],
  'viewer/incomplete': ['The connection ended before the answer was complete.', AGAIN],
  'viewer/malformed': ['The answer is not HTTP/1.1.', 'Check the address: something else listens there.'],
  'viewer/receipt-refused': ['The edge did not take a receipt.', VIEWER],
  'viewer/timeout': ['The connection was silent for too long.', AGAIN],
  'viewer/too-large': ['The body is larger than was allowed.', 'Allow more, or ask for a range.'],
  'commit/bad-signature': [
    "The request for counters is not signed by the guard's operator.",
    'See that the guard runs with the key that the chain names.',
  ],
  'commit/bad-time': ['The request for counters is of another time.', 'Set the clock.'],
  'commit/malformed': ['The request for counters cannot be read.', 'Write it as docs/evidence.md says.'],
  'commit/not-in-set': ["Only guards of the week's set may ask for counters.", 'Ask a guard that is in it.'],
  'commit/too-many': ['The guard has asked too often in this hour.', 'Wait for the next one.'],
  'guard/not-revealed': [
    'The guard has not revealed its verdict of this hour yet.',
    'Ask again when its verdicts are due.',
  ],
  'edge/no-credit': [
    'The publisher pays for no more bytes without a token in this hour.',
    'Come back after the time given, or send the publisher\'s token; "media resource update 1 --allowance 20000000000" pays for more.',
  ],
  'token/bad-signature': [
    "The token is not signed by the resource's vouching key of that hour.",
    '"media vouch" says whether the resource names its key.',
  ],
  'token/malformed': ['The token cannot be read.', NEW_TOKEN],
  'token/no-vouching-key': [
    'The resource has no vouching key in that hour.',
    'Name one with "media resource update --vouching-key".',
  ],
  'token/session-taken': ['Another token uses the same session.', NEW_TOKEN],
  'token/too-many-sessions': ['The edge has too many sessions.', 'Try another edge.'],
  'token/used-up': ['The session has had what the publisher pays for at most.', NEW_TOKEN],
  'token/wrong-hour': ['The token is of another hour.', NEW_TOKEN],
  'token/wrong-resource': ['The token is for another resource.', NEW_TOKEN],
  'viewer/no-token': [
    "The publisher's signer gave no token.",
    'See the code in its context; the bytes are open ones without.',
  ],
  'viewer/token-refused': [
    "The edge did not take the publisher's token, nor a new one.",
    'See the code of the edge in its context.',
  ],
  'viewer/witness-refused': [
    'The guard did not take what a viewer says it got.',
    'See the code of the guard in its context.',
  ],
  'vouch/bad-key': ['The file is no vouching key.', 'Name another with --key; one that is missing is made.'],
  'vouch/bad-option': ['A limit of the signer cannot be.', 'Write it as its message says.'],
  'vouch/cannot-listen': ['The signer cannot listen.', 'Check --host and --port.'],
  'vouch/cannot-write-key': [
    'The vouching key cannot be written.',
    'Make room, or name another file with --key.',
  ],
  'vouch/internal': ['Something went wrong in the signer.', 'See what it says where it runs.'],
  'vouch/malformed': ['The signer cannot read the request.', 'Write it as docs/evidence.md says.'],
  'vouch/no-key': ['There is no vouching key at this path.', '"media vouch key" makes one.'],
  'vouch/not-allowed': [
    "The signer's application gives this viewer no token.",
    'The bytes are open ones without.',
  ],
  'vouch/port-in-use': ['The port of the signer is taken.', PORT],
  'vouch/too-large': ['The request to the signer is too large.', 'Write it as docs/evidence.md says.'],
  'vouch/too-many': ['The signer gives no more tokens in this hour, for this address or at all.', SIGNER],
  'vouch/too-slow': ['The request to the signer did not arrive in time.', SIGNER],
  'vouch/unknown-resource': ['The signer is for another resource.', 'Ask the signer of this one.'],
  'vouch/wrong-method': ['Tokens are asked for by POST.', 'Ask so.'],
  'vouch/wrong-origin': [
    'Pages of this origin may not ask the signer.',
    'Name the origin with --origin where the signer runs.',
  ],
  'witness/bad-signature': ['The statement is not by a session that the publisher vouched for.', NEW_TOKEN],
  'witness/malformed': ['The statement cannot be read.', 'Write it as docs/evidence.md says.'],
  'witness/too-many': ['Too many statements from this address.', 'Wait a minute.'],
  'witness/unknown-edge': [
    'The statement is of an edge that is not on this chain.',
    '"media status" lists the edges.',
  ],
  'witness/unknown-resource': [
    'The statement is of a resource that is not on this chain.',
    '"media resource list --all" shows what there is.',
  ],
  'witness/wrong-hour': ['The statement is of another hour.', 'Send it within the hour.'],
};
