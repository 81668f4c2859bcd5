import type { RegisterCommand } from './command.ts';

/** One word after `media`. What it does is loaded when it is called: start-up is paid for one command, not for all. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<RegisterCommand>;
  /** For scripts; `media --help` does not list it. */
  readonly hidden?: true;
  /** Subcommand that a group runs when none is named. */
  readonly bare?: string;
}

/** In the order in which `media --help` lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'a whole network on this machine',
    load: async () => (await import('./commands/up.ts')).registerUp,
  },
  {
    name: 'check',
    summary: 'does it all work on this machine?',
    load: async () => (await import('./commands/check.ts')).registerCheck,
  },
  {
    name: 'test',
    summary: 'check the project itself: types, lint, unit and system tests',
    load: async () => (await import('./commands/test.ts')).registerTest,
  },
  {
    name: 'lab',
    summary: 'attack the network, and see who pays',
    load: async () => (await import('./commands/lab.ts')).registerLab,
  },
  {
    name: 'fuzz',
    summary: 'feed it inputs that nobody wrote',
    load: async () => (await import('./commands/fuzz.ts')).registerFuzz,
  },
  {
    name: 'bench',
    summary: 'measure beside what one would pick instead',
    load: async () => (await import('./commands/bench.ts')).registerBench,
  },
  {
    name: 'chain',
    summary: 'run the embedded Solana chain alone',
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
    name: 'network',
    summary: 'create a network on a chain',
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
    name: 'resource',
    summary: 'publish an origin, change it, take it off',
    bare: 'list',
    load: async () => (await import('./commands/resource.ts')).registerResource,
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
    summary: 'check what convicts an edge, and look for it',
    load: async () => (await import('./commands/evidence.ts')).registerEvidence,
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
    name: 'doctor',
    summary: 'what is wrong here, and what to do about it',
    load: async () => (await import('./commands/doctor.ts')).registerDoctor,
  },
  {
    name: 'explain',
    summary: 'what an error code means, and what to do',
    load: async () => (await import('./commands/explain.ts')).registerExplain,
  },
  {
    name: 'install',
    summary: 'put media on your PATH, with completion',
    load: async () => (await import('./commands/install.ts')).registerInstall,
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    load: async () => (await import('./commands/completion.ts')).registerCompletion,
  },
  {
    name: 'complete',
    summary: 'what can stand next on a command line',
    hidden: true,
    load: async () => (await import('./commands/completion.ts')).registerComplete,
  },
  {
    name: 'program',
    summary: 'build, verify and deploy the on-chain program',
    load: async () => (await import('./commands/program.ts')).registerProgram,
  },
];
