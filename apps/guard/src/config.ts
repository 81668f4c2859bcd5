import {
  COMMON_OPTIONS,
  configOptions,
  flagOption,
  parseConfig,
  portOption,
  textOption,
  wholeOption,
} from '@media-network/runtime/daemon';
import type { ConfigOption, ConfigSources, LogLevel, WantedPort } from '@media-network/runtime/daemon';
import { z } from 'zod';

const SHAPE = {
  rpcUrl: COMMON_OPTIONS.rpcUrl,
  wsUrl: COMMON_OPTIONS.wsUrl,
  programId: COMMON_OPTIONS.programId,
  owner: textOption
    .optional()
    .describe('Address that owns the guard account and gets its rewards; by default the operator itself.'),
  host: textOption.default('127.0.0.1').describe('Address the HTTP interface listens on.'),
  port: portOption.default(8090).describe('Port of the HTTP interface. 0 takes a free one.'),
  dir: textOption
    .default('.medianet/guard')
    .describe('Folder of the evidence, of what the guard saw, and of verdicts that it has yet to reveal.'),
  zone: COMMON_OPTIONS.zone,
  evidenceBytes: wholeOption(1_000_000, Number.MAX_SAFE_INTEGER)
    .default(4 * 2 ** 30)
    .describe('Ceiling of the evidence on disk; the oldest goes first.'),
  roundMs: wholeOption(20, 60_000)
    .optional()
    .describe(
      'Milliseconds between two looks at the chain; by default a quarter of a sample, 250 ms to 5 s.',
    ),
  chargeEveryHours: wholeOption(1, 10_000)
    .optional()
    .describe("Hours (the network's) between two charges of a resource; by default a seventh of a week."),
  probe: flagOption.default(true).describe('Whether the guard probes edges.'),
  probeBytes: wholeOption(1_024, 2 ** 26)
    .default(64 * 2 ** 10)
    .describe(
      'Bytes an hour that probes of all guards together take from an edge with little traffic; elsewhere one percent of the traffic.',
    ),
  probeAddresses: textOption
    .optional()
    .describe(
      'Addresses of this machine to probe from, separated by commas; by default what the system chooses.',
    ),
  allowPrivate: flagOption
    .optional()
    .describe(
      'Whether edges, guards and origins may have loopback or private addresses; by default only when the chain is on loopback.',
    ),
  claim: flagOption
    .default(true)
    .describe("Whether the guard claims its owner's rewards when a week is endorsed."),
  track: flagOption
    .default(true)
    .describe('Whether the guard introduces viewers of the same content to each other (PeerPool).'),
  stunPort: wholeOption(0, 65_535)
    .optional()
    .describe(
      'UDP port to tell viewers on how they are seen (STUN), for those behind NATs; by default the guard does not. 0 takes a free one.',
    ),
  dnsPort: wholeOption(0, 65_535)
    .optional()
    .describe(
      'Port to answer DNS for the zone on, by UDP and TCP; by default the guard does not. 0 takes a free one.',
    ),
  dnsHost: textOption.optional().describe('Address to answer DNS on; by default that of the HTTP interface.'),
  dnsIssuers: textOption
    .optional()
    .describe(
      'Authorities that may issue certificates for names of the zone (CAA), separated by commas; by default nothing is said.',
    ),
  dnsSign: flagOption
    .default(false)
    .describe(
      'Whether answers are signed (DNSSEC) with a key of this guard alone, zone-key.pem in its folder, made where there is none.',
    ),
  dnsCountries: textOption
    .optional()
    .describe(
      'Table of where addresses are, an MMDB or CSV of first,last,country; by default the one that ships. Guards of a network need the same.',
    ),
  dnsNetworks: textOption
    .optional()
    .describe(
      'Table of whose network addresses are in, an MMDB or CSV of first,last,number; by default the one that ships. Guards of a network need the same.',
    ),
  dnsTransferKeys: textOption
    .optional()
    .describe(
      'File of keys, one a line as "hmac-sha256:name:secret": servers that sign with one may keep a copy of the zone (AXFR, TSIG); by default nobody may.',
    ),
  dnsNotify: textOption
    .optional()
    .describe(
      'Addresses of servers that keep a copy of the zone and are told when it changes, separated by commas, signed with the first of the keys.',
    ),
  denyList: textOption
    .optional()
    .describe(
      'File of what this guard has nothing to do with: address or label of a resource, or sha256: and the hash of one, a line each. It neither looks at it nor votes for it, and gives nobody its key. Read again when it changes.',
    ),
  logLevel: COMMON_OPTIONS.logLevel,
} as const;

const SCHEMA: z.ZodType<GuardConfig> = z.strictObject(SHAPE);

/** What a guard is told. Built by `parseGuardConfig`; sizes in bytes, times in the unit of their name. The schema above says what each means. */
export interface GuardConfig {
  readonly rpcUrl: string;
  readonly wsUrl?: string | undefined;
  readonly programId: string;
  readonly owner?: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly dir: string;
  readonly zone: string;
  readonly evidenceBytes: number;
  readonly roundMs?: number | undefined;
  readonly chargeEveryHours?: number | undefined;
  readonly probe: boolean;
  readonly probeBytes: number;
  readonly probeAddresses?: string | undefined;
  readonly allowPrivate?: boolean | undefined;
  readonly claim: boolean;
  readonly track: boolean;
  readonly stunPort?: number | undefined;
  readonly dnsPort?: number | undefined;
  readonly dnsHost?: string | undefined;
  readonly dnsIssuers?: string | undefined;
  readonly dnsSign: boolean;
  readonly denyList?: string | undefined;
  readonly dnsCountries?: string | undefined;
  readonly dnsNetworks?: string | undefined;
  readonly dnsTransferKeys?: string | undefined;
  readonly dnsNotify?: string | undefined;
  readonly logLevel: LogLevel;
}

export type GuardOption = ConfigOption<keyof GuardConfig>;
export type GuardConfigSources = ConfigSources;

/** Every option, in the order of the help text. */
export const guardOptions: readonly GuardOption[] = configOptions<keyof GuardConfig>('guard', SHAPE);

/** Where a guard listens, with the option that moves it. */
export function guardPorts({ host, port, dnsHost, dnsPort }: GuardConfig): readonly WantedPort[] {
  const codes = { inUse: 'guard/port-in-use', failed: 'guard/cannot-listen' };
  const dnsCodes = { inUse: 'dns/port-in-use', failed: 'dns/cannot-listen' };
  return [
    { host, port, flag: '--port', codes },
    ...(dnsPort === undefined
      ? []
      : [{ host: dnsHost ?? host, port: dnsPort, flag: '--dns-port', codes: dnsCodes }]),
  ];
}

/** Flags > environment > file > defaults. Throws `config/unreadable`, `config/invalid`. */
export function parseGuardConfig(sources: GuardConfigSources = {}): GuardConfig {
  return parseConfig('guard', SCHEMA, guardOptions, sources);
}
