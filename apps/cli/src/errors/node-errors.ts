import type { Entry } from './catalogue.ts';

const AGAIN = 'Try again in a moment.';
const LOG = "See the log of the edge for the request's id.";
const NEW_TOKEN = "Take a new token from the publisher's signer; viewers do so by themselves.";
const SIGNER = "Ask the publisher's signer again later.";
const ORIGIN =
  'See that the origin runs and is reached from the edges; "media resource show 1" says what they answer.';
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
  'audit/no-month': [
    'The month of the resource is not finalised, or the chain no longer keeps what it was.',
    'Wait until it can be, or name another: "media resource usage" lists the finalised ones.',
  ],
  'audit/no-report': [
    'The edge has no report of the hour.',
    'Name an hour in which it served; "media status" shows recent ones.',
  ],
  'audit/no-shares': [
    'No guard says how it divided the sample: it is to come, or they have forgotten it.',
    'Name one of the last 48 samples in which the resource was asked for, or none for the newest.',
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
  'config/bad-deny-list': [
    'The file of --deny-list cannot be read, or a line of it is no address, label, host or hash.',
    'Mend the line that is named, or leave the option out.',
  ],
  'config/invalid': [
    'An option of a daemon is not right; the message names it.',
    'Correct it; "media edge --help-all" and "media guard --help-all" list all.',
  ],
  'config/unreadable': [
    'A file that the configuration names cannot be read.',
    'Check its path, owner and content.',
  ],
  'dns/bad-address': [
    'What should be an IP address is none.',
    'Write an address, such as 192.0.2.1 or 2001:db8::1.',
  ],
  'dns/bad-name': [
    'What should be a domain name is none.',
    'Labels have 1 to 63 characters, a name 253 in all.',
  ],
  'dns/bad-tsig-key': [
    'A key for transfers of the zone is none; the message says why.',
    'Make one with "tsig-keygen" or "openssl rand -base64 32", and write it as hmac-sha256:name:secret.',
  ],
  'dns/cannot-listen': [
    'A guard cannot answer DNS at this address; the message says why.',
    'Choose another --dns-port; ports below 1024 need the capability CAP_NET_BIND_SERVICE.',
  ],
  'dns/port-in-use': ['Something listens on the port of the name duty already.', PORT],
  'edge/aborted': ['The viewer went away.', 'Nothing is to be done.'],
  'edge/address-refused': [
    "The publisher's rules do not serve this to the address of the viewer.",
    'Publishers: "media resource rules 1" shows the rule.',
  ],
  'edge/at-capacity': [
    'More is asked of the edge than --max-mbit lets through.',
    'Use another edge, or try again in a moment; its operator may give more.',
  ],
  'edge/bad-proof': ['The table of claims gives a proof that is too long.', OTHER_GUARD],
  'edge/bad-request': [
    'The request to the control plane cannot be read.',
    'Write it as docs/evidence.md says.',
  ],
  'edge/bad-target': [
    'A question about sharing names no target, too many, or one that is none.',
    'Name paths of the site: ?target=/live/1.m4s.',
  ],
  'edge/bad-settings': [
    "The resource's settings cannot be used.",
    'The log of the edge says what is wrong: take the rule away ("media resource update 1 --remove-rule 2"), or publish a right origin or header. An older edge may lack a rule: its operator upgrades it.',
  ],
  'edge/chain-stale': [
    'The edge has not heard of the chain for a while.',
    'Check its connection to the node (--url), then its log.',
  ],
  'edge/country-refused': [
    "The publisher's rules do not serve this where the viewer is.",
    'Publishers: "media resource rules 1" shows the rule.',
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
  'edge/grant-bad': [
    'A signed URL or cookie is not good for what is asked for.',
    'Sign it anew: "media resource sign 1 /path"; a key that was taken away signs nothing.',
  ],
  'edge/grant-expired': [
    'The time of a signed URL or cookie is over.',
    'Sign it anew: "media resource sign 1 /path --expires 1h".',
  ],
  'edge/grant-missing': [
    'The publisher serves this with a signed URL or cookie only.',
    'Publishers: "media resource sign 1 /path" makes one.',
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
  'edge/method-refused': ["The publisher's rules take other methods here.", 'Use a method that Allow names.'],
  'edge/denied': [
    'The operator of the edge does not serve this resource: it is on its deny list.',
    'Ask another edge. Operators say what they do not serve with --deny-list.',
  ],
  'edge/removed': [
    'The resource has been taken off the network, by its publisher or by a vote.',
    '"media gov list" shows votes; nothing brings it back.',
  ],
  'edge/month-used': [
    'The edge has served what --max-gb-month lets it this month.',
    'Use another edge; its operator may give more.',
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
  'edge/no-proof': [
    'The edge orders no certificate for that name at the moment.',
    'Nothing is to be done: edges ask each other so where an authority comes to one of them.',
  ],
  'edge/no-settings': [
    'The edge cannot read the settings of the resource at the moment.',
    'See that guards run ("media status"); if they are new ones, "media resource update 1 --new-password" seals the settings for them. If they do, the edge may not know one of the rules: its log says which.',
  ],
  'edge/no-round-trips': [
    'The edge has measured nothing in that window of twenty seconds, or it is not over.',
    'Ask for the one that its /v1/info names.',
  ],
  'edge/no-such-evidence': ['The edge has no list with this root.', OTHER_GUARD],
  'edge/not-authorised': [
    'The guards have not authorised the resource, or this edge, yet.',
    '"media resource show 1" says why.',
  ],
  'edge/not-local': [
    'What viewers ask for, and which certificates there are, is told on the machine of the edge alone.',
    'Run "media top" or "media certificates" there.',
  ],
  'edge/not-cached': ['The object is not in the cache.', 'Ask for it once, then again.'],
  'edge/not-picked': [
    'The publisher has picked other edges for the resource.',
    'Ask one of those; "media resource rules" says how a publisher picks (regions, edges).',
  ],
  'edge/not-shared': [
    'Nothing is kept of the target that all viewers get.',
    'Ask for the playlist first; what is for one viewer alone is not shared.',
  ],
  'edge/peerpool-elsewhere': [
    'A rule of the publisher answers the target (redirect, https).',
    'Name the target that it leads to.',
  ],
  'edge/peerpool-off': [
    'The publisher has not turned PeerPool on for the resource.',
    'The publisher adds it: "media resource update 1 --rule \'peerpool script\'".',
  ],
  'edge/not-registered': [
    'The chain takes no report of this edge: it is not registered, or has left the network.',
    'Stop it, for it is paid for nothing; "media edge --keypair edge-4" registers it anew.',
  ],
  'edge/off-hours': [
    'The edge serves at other hours of the day (--hours).',
    'Use another edge, or come back when its hours begin: Retry-After says when.',
  ],
  'edge/origin-bad-response': ["The origin's answer is not valid HTTP.", ORIGIN],
  'edge/origin-private': [
    "The origin's address is private, and this edge does not connect there.",
    'Use an origin with a public address, or run the edge with --allow-private-origins true.',
  ],
  'edge/origin-changed': [
    'An object in slices was replaced at its origin while a viewer was reading it, or the origin stopped answering ranges of it, so the rest was not sent.',
    'Ask again: the next request gets what is there now. Give new content a new URL, or at least a new strong ETag.',
  ],
  'edge/origin-reset': ['The origin closed the connection early.', ORIGIN],
  'edge/origin-timeout': ['The origin did not answer in time.', ORIGIN],
  'edge/origin-truncated': ['The origin sent fewer bytes than it announced.', ORIGIN],
  'edge/origin-unreachable': ['The origin cannot be reached.', ORIGIN],
  'edge/over-quota': [
    'The resource has used up its quota for the moment.',
    'Wait as long as Retry-After says, or set more LP aside: "media resource update 1 --lp 10".',
  ],
  'edge/over-share': [
    "What this edge may serve of the resource's quota is used up until the sample ends.",
    'Wait as long as Retry-After says. "media resource usage 1" shows what is left of the month\'s burst; "media resource update 1 --lp 10" sets more LP aside.',
  ],
  'edge/paused': [
    'The publisher has paused the resource.',
    '"media resource update 1 --resume" serves it again.',
  ],
  'edge/port-in-use': ['The port of the control plane is taken.', PORT],
  'edge/rate-limited': ["The publisher's rules answer this less often.", 'Wait as long as Retry-After says.'],
  'edge/referer-refused': [
    "The publisher's rules do not serve this to pages of other sites.",
    'Publishers: name the site in the rule, as "media resource rules" shows.',
  ],
  'edge/too-many-requests': ['Too many signatures are asked for.', 'Wait a second.'],
  'edge/unavailable': ['The edge cannot answer at the moment.', AGAIN],
  'edge/too-many-tunnels': [
    'The edge, or the resource on it, has as many WebSockets open as it may.',
    'Wait as long as Retry-After says. Whoever runs the edge raises --max-tunnels and --max-tunnels-of-resource.',
  ],
  'edge/tunnel-idle': [
    'The edge ended a WebSocket that was silent both ways.',
    'Have the origin or the client ping more often than --tunnel-idle-ms, five minutes by default.',
  ],
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
  'edge/upgrade-refused': [
    'What asks for a WebSocket is no handshake of one.',
    'It is a GET without a body, with Connection: Upgrade and a Sec-WebSocket-Key (RFC 6455 §4.1); what stands between the client and the edge may have taken them out.',
  ],
  'edge/worker-lost': [
    'A worker process of the edge ended by itself or was killed.',
    'It is started again by itself, later each time it ends soon; the log says how it ended.',
  ],
  'front/listen-failed': ['The edge cannot listen.', 'Check --host and --port.'],
  'front/port-in-use': ['The port of the edge is taken.', PORT],
  'geo/bad-table': [
    'The table that says where addresses are cannot be used.',
    'Name a file of lines such as 192.0.2.0,192.0.2.255,DE with --countries, or leave it away for the table that comes with the edge.',
  ],
  'guard/bad-secondary': [
    'A server that is to be told when the zone changes is named wrongly.',
    'Write addresses, separated by commas, and name keys with --dns-transfer-keys.',
  ],
  'guard/bad-request': ['The guard cannot read the request.', 'Write it as docs/evidence.md says.'],
  'guard/bad-signature': [
    'The request is signed by another key than the one that may ask.',
    'Use the operator of the edge, or the wallet that publishes the resource.',
  ],
  'guard/bad-zone-key': [
    'The file of the key that the guard signs the zone with holds none.',
    "Put the right file back; or remove it, and tell the zone's parent of the key that is made.",
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
  'guard/no-edge': ['No edge that its publisher has picked is alive.', AGAIN],
  'guard/no-evidence': ['This guard does not have the list.', OTHER_GUARD],
  'guard/no-names': [
    'The guard does not answer for names.',
    'Ask another guard, or start this one with --dns-port.',
  ],
  'guard/not-held': [
    'A guard has nothing of the window that it is asked for.',
    'Ask for one of the last ten minutes, or another guard.',
  ],
  'guard/not-active': ['The resource is not active.', '"media resource list" says why.'],
  'guard/not-local': [
    'What the probes ask is told on the machine of the guard alone.',
    'Run "media top" there.',
  ],
  'guard/not-registered': [
    'The wallet has no guard account.',
    'Start it without --no-register: "media guard".',
  ],
  'guard/not-its-name': [
    'An edge asks for a record of a name that is no site of the zone, or not served by it.',
    'Ask for names of sites that the edge serves; a certificate for the whole zone is had with --acme-dns-hook and a program.',
  ],
  'guard/origin-refused': [
    'The guard does not fetch from this origin: its address is private, or the target is none.',
    'Use an origin with a public address.',
  ],
  'guard/denied': [
    'The operator of the guard has nothing to do with this resource: it is on its deny list.',
    'Ask another guard.',
  ],
  'guard/not-a-guard': [
    'Who asks is no active guard: findings are told to guards alone.',
    'Register the guard, or wait until others have read that it is there.',
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
  'guard/too-many-records': [
    'There are too many records of a name, or of an edge.',
    'Wait a quarter of an hour.',
  ],
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
  'tier/malformed': [
    'A question of an edge to another cannot be read.',
    'Write it as docs/evidence.md says.',
  ],
  'tier/none': [
    'An edge has nothing of the kind that it could share with another.',
    'The origin is asked instead; nothing is to be done.',
  ],
  'tier/not-an-edge': [
    'A question of an edge to another is not signed by an active edge.',
    'Register the edge, or wait until others have read that it is there.',
  ],
  'tier/not-ours': [
    'A question of an edge is for another edge, or of another time.',
    'Look at the clocks of both machines.',
  ],
  'tier/too-many': [
    'An edge asks another too often, or that one gives no more.',
    'The origin is asked instead; nothing is to be done.',
  ],
  'purge/bad-signature': [
    'A purge is not signed by the publisher of the resource.',
    'Act as its publisher: name the wallet with --keypair.',
  ],
  'purge/bad-time': [
    "The time of a purge is more than a minute from the chain's.",
    'Send it again; if that does not help, look at the clock of the node that refuses it.',
  ],
  'purge/malformed': ['A purge cannot be read.', 'Write it as docs/evidence.md says.'],
  'purge/not-kept': [
    'The disk of the node does not take the purge.',
    'Look at the disk of the node that refuses it, an edge or a guard: it is full, or failing.',
  ],
  'purge/too-large': ['A purge is longer than nodes read.', 'Send several; "media purge" does so by itself.'],
  'purge/too-many': [
    'The resource is purged more often than nodes do it, or an address sends too many purges.',
    'Put more into one purge (a tag, a prefix), or wait a minute.',
  ],
  'purge/unknown-resource': [
    'The node does not know the resource.',
    'It may be new: try again in a minute; "media resource list" shows yours.',
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
  'certificates/no-record': [
    'No guard publishes the record by which a CA sees that a name is proven.',
    'See that guards run with --dns-port for the zone of the edge; it is tried again by itself.',
  ],
  'certificates/account-unreadable': [
    'The key of the account at a certificate authority cannot be read.',
    'Put back what was there, or move the file away: another account is registered, and certificates stay.',
  ],
  'certificates/acme-bad-answer': [
    'The certificate authority answers what ACME does not know.',
    'Look at the URL of --acme; the edge asks again by itself.',
  ],
  'certificates/acme-failed': [
    'The certificate authority could not convince itself of a name.',
    'See that the name leads to this edge, to its port 80 (HTTP-01) or 443 (TLS-ALPN-01) from outside; it is tried again, by the other way, after a while.',
  ],
  'certificates/acme-needs-binding': [
    'The certificate authority registers its own customers alone.',
    'Take an external account binding from its pages and name it with --acme-eab-kid and --acme-eab-key.',
  ],
  'certificates/acme-refused': [
    'The certificate authority refuses a request.',
    'The message has its words; what passes by itself is tried again by itself.',
  ],
  'certificates/acme-unreachable': [
    'The certificate authority does not answer.',
    'See that the edge gets out to it; it asks again by itself.',
  ],
  'certificates/authority-expired': [
    'The root of the local authority has ended.',
    'Move its file away, so that a new one is made, and trust the root of that.',
  ],
  'certificates/authority-unreadable': [
    'What lies where the local authority should be is none.',
    'Put back what was there, or move the file away, so that a new one is made.',
  ],
  'certificates/bad-pair': [
    'A certificate and a private key cannot be served together, or one of them cannot be read.',
    'Name the certificate with what is between it and its root, and the key that it was made for.',
  ],
  'certificates/dns-hook-failed': [
    'The program of --acme-dns-hook has not done what it was asked for.',
    'Run it as the message says: it is called with publish or withdraw, a name and a value, and ends with 0.',
  ],
  'capacity/malformed': ['The request to send cannot be read.', 'Write it as docs/evidence.md says.'],
  'capacity/not-a-guard': [
    'Only active guards of the network may see what an edge can send.',
    'See that the guard runs with the key that the chain names.',
  ],
  'capacity/not-now': ['The request to send is of another time, or for another edge.', 'Set the clock.'],
  'capacity/too-many': ['The edge sends to each guard once an hour.', 'Wait for the next one.'],
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
    'Name one with "media resource update 1 --vouching-key ADDRESS"; "media vouch key" shows it.',
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
  'tracker/chain-unreachable': ['The chain does not answer the tracker.', 'Pages try again by themselves.'],
  'tracker/domain-not-allowed': [
    'No LP stands for the domain of the page.',
    '"media peerpool add" allows a domain; pages of a resource show a pass of an edge instead.',
  ],
  'tracker/full': ['The tracker has as many viewers as it takes.', 'Pages try another guard by themselves.'],
  'tracker/malformed': ['What a viewer said is no message to a tracker.', 'See docs/peerpool.md.'],
  'tracker/not-served': [
    'The resource of the pass is not served.',
    '"media resource list" shows its status.',
  ],
  'tracker/pass-expired': ['The pass of the edge is not of now.', 'Pages ask for another by themselves.'],
  'tracker/pass-invalid': [
    'The pass is not signed by an active edge of the network.',
    'Ask an edge of the network for one; "media status" lists them.',
  ],
  'tracker/cannot-listen': [
    'The tracker cannot listen at this address.',
    'Name one of this machine with --host; the message says what the system says.',
  ],
  'tracker/port-in-use': ['The port of the tracker is taken.', PORT],
  'tracker/reported': [
    'Several viewers got wrong bytes from this one.',
    'The page plays on from the edge; look at extensions and proxies that change what is loaded.',
  ],
  'tracker/taken': ['Another viewer has the same name in the swarm.', 'Load the page anew.'],
  'tracker/too-fast': ['A viewer sends more messages than any has to.', 'Pages come back by themselves.'],
  'tracker/too-many': ['Too many viewers of one address.', 'They play on from the edge.'],
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
