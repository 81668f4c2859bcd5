import type { RegisterCommand } from './command.ts';

/** One word after `media`. What it does is loaded when it is called: start-up is paid for one command, not for all. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<RegisterCommand>;
  /** For scripts and developers; `media --help` does not list it. */
  readonly hidden?: true;
  /** Subcommand that a group runs when none is named. */
  readonly bare?: string;
  /** Needs the checkout: its sources, its tools, or the embedded chain. A single-file binary is without it. */
  readonly checkout?: true;
}

/** In the order in which `media --help` lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'a whole network on this machine',
    checkout: true,
    load: async () => (await import('./commands/up.ts')).registerUp,
  },
  {
    name: 'check',
    summary: 'does it all work on this machine?',
    checkout: true,
    load: async () => (await import('./commands/check.ts')).registerCheck,
  },
  {
    name: 'test',
    summary: 'check the project itself: types, lint, unit and system tests',
    checkout: true,
    load: async () => (await import('./commands/test.ts')).registerTest,
  },
  {
    name: 'lab',
    summary: 'attack the network, and see who pays',
    checkout: true,
    load: async () => (await import('./commands/lab.ts')).registerLab,
  },
  {
    name: 'sim',
    summary: 'play a year of the economy',
    // In the documentation: the list has forty lines.
    hidden: true,
    checkout: true,
    load: async () => (await import('./commands/sim.ts')).registerSim,
  },
  {
    name: 'fuzz',
    summary: 'feed it inputs that nobody wrote',
    // In the documentation: the list has forty lines.
    hidden: true,
    checkout: true,
    load: async () => (await import('./commands/fuzz.ts')).registerFuzz,
  },
  {
    name: 'bench',
    summary: 'measure beside what one would pick instead',
    checkout: true,
    load: async () => (await import('./commands/bench.ts')).registerBench,
  },
  {
    name: 'chain',
    summary: 'run the embedded Solana chain alone',
    checkout: true,
    load: async () => (await import('./commands/chain.ts')).registerChain,
  },
  {
    name: 'edge',
    summary: 'run a Media Edge, or leave with it',
    load: async () => (await import('./commands/edge.ts')).registerEdge,
  },
  {
    name: 'guard',
    summary: 'run a Media Guard, or leave with it',
    load: async () => (await import('./commands/guard.ts')).registerGuard,
  },
  {
    name: 'server',
    summary: 'take live video in and serve it',
    load: async () => (await import('./commands/server.ts')).registerServer,
  },
  {
    name: 'network',
    summary: 'create a network on a chain',
    checkout: true,
    load: async () => (await import('./commands/network.ts')).registerNetwork,
  },
  {
    name: 'wallet',
    summary: 'make, import, look at and fund wallets',
    bare: 'list',
    load: async () => (await import('./commands/wallet.ts')).registerWallet,
  },
  {
    name: 'pool',
    summary: 'provide liquidity, swap, ask the price',
    bare: 'show',
    load: async () => (await import('./commands/pool.ts')).registerPool,
  },
  {
    name: 'stake',
    summary: 'stake LP, take it back, look at it',
    bare: 'show',
    load: async () => (await import('./commands/stake.ts')).registerStake,
  },
  {
    name: 'peerpool',
    summary: 'domains whose pages may use PeerPool',
    // In the documentation: the list has forty lines.
    hidden: true,
    bare: 'domains',
    load: async () => (await import('./commands/peerpool.ts')).registerPeerpool,
  },
  {
    name: 'vesting',
    summary: 'what genesis locked, and when it vests',
    // In the documentation: the list has forty lines.
    hidden: true,
    bare: 'show',
    load: async () => (await import('./commands/vesting.ts')).registerVesting,
  },
  {
    name: 'gov',
    summary: 'propose, vote, carry out what has passed',
    bare: 'list',
    load: async () => (await import('./commands/gov.ts')).registerGov,
  },
  {
    name: 'resource',
    summary: 'publish an origin, change it, take it off',
    bare: 'list',
    load: async () => (await import('./commands/resource.ts')).registerResource,
  },
  {
    name: 'certificates',
    summary: 'what edges serve HTTPS with, and the root to trust',
    // In the documentation: the list has forty lines.
    hidden: true,
    bare: 'list',
    load: async () => (await import('./commands/certificates.ts')).registerCertificates,
  },
  {
    name: 'purge',
    summary: 'have every edge forget what it keeps',
    load: async () => (await import('./commands/purge.ts')).registerPurge,
  },
  {
    name: 'vouch',
    summary: "run a publisher's signer: whose bytes it pays for",
    load: async () => (await import('./commands/vouch.ts')).registerVouch,
  },
  {
    name: 'status',
    summary: 'the network at a glance',
    load: async () => (await import('./commands/status.ts')).registerStatus,
  },
  {
    name: 'audit',
    summary: 'recompute what the chain says from published evidence',
    load: async () => (await import('./commands/audit.ts')).registerAudit,
  },
  {
    name: 'evidence',
    summary: 'check what convicts a node, and look for it',
    load: async () => (await import('./commands/evidence.ts')).registerEvidence,
  },
  {
    name: 'elections',
    summary: 'who is accused of what, and how guards vote',
    load: async () => (await import('./commands/elections.ts')).registerElections,
  },
  {
    name: 'claim',
    summary: 'claim the rewards of an edge or a guard',
    load: async () => (await import('./commands/claim.ts')).registerClaim,
  },
  {
    name: 'top',
    summary: 'watch traffic, errors, reports and money',
    load: async () => (await import('./commands/top.ts')).registerTop,
  },
  {
    name: 'logs',
    summary: 'what the daemons of this folder have logged',
    load: async () => (await import('./commands/logs.ts')).registerLogs,
  },
  {
    name: 'doctor',
    summary: 'what is wrong here, and what to do about it',
    load: async () => (await import('./commands/doctor.ts')).registerDoctor,
  },
  {
    name: 'explain',
    summary: 'what an error code means, and what to do',
    // In the documentation: the list has forty lines.
    hidden: true,
    load: async () => (await import('./commands/explain.ts')).registerExplain,
  },
  {
    name: 'install',
    summary: 'put media on your PATH, with completion',
    // In the documentation: the list has forty lines.
    hidden: true,
    checkout: true,
    load: async () => (await import('./commands/install.ts')).registerInstall,
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    // `media install` puts it in its place.
    hidden: true,
    load: async () => (await import('./commands/completion.ts')).registerCompletion,
  },
  {
    name: 'complete',
    summary: 'what can stand next on a command line',
    hidden: true,
    load: async () => (await import('./commands/completion.ts')).registerComplete,
  },
  {
    name: 'package',
    summary: 'make single-file binaries for Linux, macOS and Windows',
    // In the documentation: the list has forty lines.
    hidden: true,
    checkout: true,
    load: async () => (await import('./commands/package.ts')).registerPackage,
  },
  {
    name: 'program',
    summary: 'build, verify and deploy the on-chain program',
    checkout: true,
    load: async () => (await import('./commands/program.ts')).registerProgram,
  },
];
