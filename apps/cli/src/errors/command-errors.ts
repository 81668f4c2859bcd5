import type { Entry } from './catalogue.ts';

const HELP = 'Ask the command for its --help.';
const NUMBER = 'Write a number as the message says.';

/** Codes of the command itself, of the local network and of the measurements. */
export const COMMAND_ERRORS: Readonly<Record<string, Entry>> = {
  'bench/certificate': ['The certificate for the measurement was not made.', 'Install openssl.'],
  'bench/command-failed': ['A command that is measured does not run.', 'Run it alone: it says why.'],
  'bench/load-failed': ['The load failed.', 'Run it again on a quiet machine.'],
  'bench/machine-busy': ['The machine is too busy to measure.', 'Stop what else runs, then measure again.'],
  'bench/no-addresses': [
    'This system has one loopback address where the measurement needs many.',
    'Run it on Linux.',
  ],
  'bench/no-hit': ['What should be a cache hit was none.', 'Run it again with --debug.'],
  'bench/one-processor': [
    'The machine has one processor; load and server need one each.',
    'Measure on a machine with two.',
  ],
  'bench/rival-missing': [
    'Another library to measure beside was not installed.',
    'npm has to reach its registry; leave scenarios with it away (--scenario hostile).',
  ],
  'bench/server-failed': ['A server that is measured did not start.', 'See the lines above.'],
  'bench/too-few-descriptors': [
    'The connections need more open files than a process may have.',
    'Raise the limit with ulimit -n, or choose fewer connections.',
  ],
  'bench/tools-missing': [
    'A program that the measurement needs is missing.',
    'Install what the message names.',
  ],
  'cli/already-running': [
    'What should start runs already.',
    '"media up --stop" stops a network; a daemon is stopped by its own process.',
  ],
  'cli/bad-proposal': [
    'A proposal does not say what its kind needs, or a value is out of its bounds.',
    '"media gov parameters" lists kinds, parameters, units and bounds.',
  ],
  'cli/bad-address': [
    'An argument is no Solana address.',
    'Write 32 to 44 letters of base58, or the name of a wallet where one is taken.',
  ],
  'cli/bad-amount': [
    'An amount is not written as one.',
    'Write it without separators, with a point before the decimals, such as 1234.5.',
  ],
  'cli/bad-choice': ['A value is none of those that are taken.', HELP],
  'cli/bad-document': [
    'A sitemap or a playlist cannot be read.',
    'The message says why: it is not there, or it is none.',
  ],
  'cli/bad-domain': [
    'A name of your own is none that a site can have; the message says why.',
    'Write a domain name such as shop.example, without scheme, port and wildcard.',
  ],
  'cli/bad-endpoint': [
    'Where a node listens is no address for others.',
    'Name the public URL with --endpoint.',
  ],
  'cli/bad-evidence': ['The file is no evidence.', '"media evidence show" writes one where there is some.'],
  'cli/bad-index': ['An hour or week is no whole number.', '"media status" shows the current ones.'],
  'cli/bad-number': ['An option takes a whole number within bounds.', NUMBER],
  'cli/bad-password': ['The file of the password is empty.', 'Put the password in it.'],
  'cli/bad-port': ['A port is none, or one that browsers refuse.', 'Choose another, from 1024 to 65535.'],
  'cli/bad-purge': [
    'The command line names nothing that can be purged.',
    'The hint says what to write; "media purge --help" has examples.',
  ],
  'cli/bad-resource': [
    'What is asked of a resource cannot be done; the message says why, in figures.',
    '"media resource list" says where it stands.',
  ],
  'cli/bad-role': ['There is no such role.', 'Choose from publisher, edge, guard, peerpool, user.'],
  'cli/bad-rule': [
    'A rule is none that edges know; the message says which and why.',
    '"media resource rules" shows every kind of rule, with examples.',
  ],
  'cli/bad-side': ['That is no side of the pool.', 'Say media or quote.'],
  'cli/bad-signing': [
    'A URL cannot be signed as asked, or a key not be made; the message says why.',
    'Follow the hint below the message.',
  ],
  'cli/bad-slippage': ['The slippage is no percentage from 0 to 50.', NUMBER],
  'cli/bad-stake': [
    'What is asked of a stake cannot be done; the message says why, in figures.',
    '"media stake show" shows the stakes.',
  ],
  'cli/bad-token': ['That is nothing that can be sent.', 'Say sol, media, quote or lp.'],
  'cli/bad-warm': [
    'The command line names nothing that can be warmed, or too much.',
    'The hint says what to write; "media resource warm --help" has examples.',
  ],
  'cli/build-failed': ['The program did not build.', 'See the lines above the message.'],
  'cli/conflicting-options': ['Two options contradict each other.', 'Leave one away.'],
  'cli/excess-arguments': [
    'There are more arguments than the command takes.',
    `${HELP} Put what has spaces in quotes.`,
  ],
  'cli/missing-argument': ['An argument is missing.', HELP],
  'cli/missing-command': ['A group of commands needs a word more.', HELP],
  'cli/missing-tool': ['A program of the system is missing.', 'Install it as the message says.'],
  'cli/missing-value': ['An option needs a value.', HELP],
  'cli/name-taken': [
    'Another resource has this name ending in .localhost.',
    'Take another name: nobody owns these, and the first to list one has it.',
  ],
  'cli/network-exists': [
    'There is a network under this program already.',
    'Use it, or deploy the program under another id.',
  ],
  'cli/network-running': ['The network of this folder may be running.', 'Stop it with "media up --stop".'],
  'cli/no-audience': [
    'The site publishes no such audience of that channel.',
    'A window is published when its five minutes are over, and kept for a week; check --server and the name.',
  ],
  'cli/no-airdrop': ['The chain gives no airdrop.', 'Ask for less, or fund the wallet from another.'],
  'cli/no-authority': [
    'The folder has no local authority.',
    '"media up" makes one; or name the folder of the network with --dir.',
  ],
  'cli/domain-taken': [
    'The domain is allowed into PeerPool already.',
    'Nothing is to be done for its pages; "media peerpool domains --all" shows by whom.',
  ],
  'cli/no-domain': ['Nobody has allowed the domain into PeerPool.', '"media peerpool add" allows it.'],
  'cli/no-election': ['There is no election at this address.', '"media elections --all" lists them.'],
  'cli/bad-vote': ['A vote is something else than uphold or reject.', 'Say "uphold" or "reject".'],
  'cli/no-edge': ['There is no edge at this address.', '"media status" lists them.'],
  'cli/no-edge-here': [
    'No edge runs on this machine with this folder.',
    'Name its wallet with --keypair, or its folder with --data, as when it was started.',
  ],
  'cli/no-file': ['The file cannot be read.', 'Check its name, and who may read it.'],
  'cli/no-founding': [
    'Genesis has locked nothing, or the network is without the account that says so.',
    '"media network create" locks what the documents lock unless --unlocked is given.',
  ],
  'cli/no-proposal': [
    'There is no proposal or grant of that number.',
    '"media gov list" shows those there are.',
  ],
  'cli/not-upgrader': [
    'The wallet may not upgrade the program, so it cannot hand that over.',
    'Only who upgrades a program can; the message says who does.',
  ],
  'cli/proposal-not-ready': [
    'The proposal is not at the point at which this can be done.',
    'The message says from when it can; "media gov show" says how it stands.',
  ],
  'cli/nothing-to-vote': [
    'Nothing of the wallet counts for this proposal, or it has voted.',
    '"media gov lock" counts for proposals made later.',
  ],
  'cli/no-home': ['HOME is not set.', 'Set it, and name a folder with --bin.'],
  'cli/no-logs': [
    'No daemon has logged anything in that folder.',
    "Daemons write their logs into their folders once they run: name the network's with --dir, or one daemon's with --data.",
  ],
  'cli/no-lp': [
    'The wallet holds too few LP for the stake of a node.',
    '"media pool add 100 1000" makes LP, or somebody sends it some.',
  ],
  'cli/no-mint': [
    'There is no token mint at this address.',
    'Check the chain (--url) and the quote token (--quote).',
  ],
  'cli/no-pool': ['There is no pool, or there are several.', 'Name the quote token of one with --quote.'],
  'cli/no-program-key': [
    'The keypair of the program of this network is gone.',
    'Put its file back, or name the keypair of another program with --program-keypair.',
  ],
  'cli/no-resource': ['No resource has this name.', '"media resource list --all" shows what there is.'],
  'cli/no-runtime': [
    'A runtime for a binary cannot be had from the npm registry.',
    'See "npm config get registry" and the network, and run "media package" again; "media package linux" needs none but the installed one.',
  ],
  'cli/no-seal-key': [
    'The seal key of a registered guard is gone.',
    'Put its file back, or make another with --new-seal-key.',
  ],
  'cli/no-signing-key': [
    'The resource has no key to sign with, or none of that name.',
    'Make one: "media resource sign 1 --new-key site", and put the rule that it prints in force.',
  ],
  'cli/no-usage': [
    'The resource has no samples to show.',
    '"media resource show" says what it is; a month that runs is shown without --month.',
  ],
  'cli/no-wallet': [
    'There is no such wallet.',
    '"media wallet list" shows those there are, "media wallet new" makes one.',
  ],
  'cli/pool-exists': ['The quote token has its pool already.', '"media pool add" adds to it.'],
  'cli/not-yours': [
    'What should be changed is for another wallet.',
    'Name the wallet that it is for with --keypair.',
  ],
  'cli/not-ours': [
    'Something else stands where the link to this command would go.',
    'Remove it, or choose another folder with --bin.',
  ],
  'cli/not-publisher': [
    'The resource belongs to another wallet.',
    'Name the wallet of its publisher with --keypair.',
  ],
  'cli/not-registered': ['The wallet has no such node.', '"media status" lists the nodes.'],
  'cli/not-running': ['No network runs in the folder.', 'Name the folder of another with --dir.'],
  'cli/not-stopping': [
    'The network does not stop.',
    'End its process for good; what its chain has confirmed is on disk.',
  ],
  'cli/port-in-use': ['A port is taken.', 'Stop what listens there, or choose another as the message says.'],
  'cli/program-differs': [
    'The build gives other bytes than the program that is checked in.',
    'Check the source out again, or publish your own program under an id of its own.',
  ],
  'cli/settings-sealed': [
    'The settings of the resource cannot be opened.',
    'Name their password, or seal new ones with --new-password.',
  ],
  'cli/suite-unavailable': [
    'The conformance suite could not be fetched through npm.',
    'Check the connection to the npm registry and start again.',
  ],
  'cli/too-little': [
    'A wallet holds less than is asked of it.',
    '"media wallet balance" shows what it holds.',
  ],
  'cli/under-notice': [
    'The domain is under notice already, which is not over yet.',
    'Wait until the moment that the message names; "media peerpool keep" takes the notice back.',
  ],
  'cli/unknown-code': ['There is no such error code.', '"media explain" lists all.'],
  'cli/unknown-command': ['There is no such command.', '"media --help" lists what there is.'],
  'cli/unknown-group': ['There is no such group of tests.', HELP],
  'cli/unknown-scenario': ['The lab has no such scenario.', 'Choose one of those that the message names.'],
  'cli/unknown-target': ['There is no such target.', 'Choose one of those that the message names.'],
  'cli/unknown-option': ['The command has no such option.', HELP],
  'devnet/bad-keypair': [
    'A file is no keypair.',
    'Name one that the Solana CLI wrote: a JSON array of 64 numbers.',
  ],
  'devnet/bad-network-file': [
    'The file that says where the network is cannot be read.',
    'Delete it and start the network again.',
  ],
  'devnet/bad-origin': [
    'That is not the address of an origin.',
    'Write it as http://host:port, with a path where everything there begins with it.',
  ],
  'devnet/bad-wallet-name': [
    'That cannot be the name of a wallet.',
    'Use letters, digits, - and _, at most 64.',
  ],
  'devnet/never-settles': [
    'The network does not come to rest.',
    'Run it with --debug: one task stays busy or fails.',
  ],
  'devnet/no-airdrop': ['The chain gives no airdrop.', 'Name a wallet that has SOL with --keypair.'],
  'devnet/no-keypair': [
    'There is no such keypair file.',
    'Make a wallet with "media wallet new", or name another file.',
  ],
  'devnet/not-authorised': [
    'The guards have not authorised the resource in time.',
    'Start again with --debug to see their log; see that the origin answers.',
  ],
  'devnet/cannot-listen': [
    'The sample origin or the signer cannot listen.',
    'Choose other ports with --port.',
  ],
  'devnet/port-in-use': ['The port of the sample origin is taken.', 'Choose other ports with --port.'],
  'devnet/treasury-empty': [
    'The founding wallet holds too few SOL.',
    'Send it some, or name another with --keypair.',
  ],
  'devnet/wallet-exists': [
    'There is a wallet of this name already, and no key is ever overwritten.',
    'Choose another name.',
  ],
  'devnet/wallets-gone': [
    'The wallets that made the network are gone.',
    'Put their files back, or start anew with "media up --reset".',
  ],
};
