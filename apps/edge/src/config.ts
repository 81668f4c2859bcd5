import {
  COMMON_OPTIONS,
  configOptions,
  flagOption,
  parseConfig,
  portOption,
  sizeOption,
  textOption,
  wholeOption,
} from '@media-network/runtime/daemon';
import type { ConfigOption, ConfigSources, LogLevel, WantedPort } from '@media-network/runtime/daemon';
import { z } from 'zod';
import { readHours } from './caps/hours.ts';
import { isResolverAddress } from './tenant/resolver-address.ts';
import { challengesOf, directoryOf } from './tls/acme-names.ts';

const SHAPE = {
  rpcUrl: COMMON_OPTIONS.rpcUrl,
  wsUrl: COMMON_OPTIONS.wsUrl,
  programId: COMMON_OPTIONS.programId,
  owner: textOption
    .optional()
    .describe('Address that owns the edge account and gets its rewards; by default the operator itself.'),
  host: textOption.default('127.0.0.1').describe('Address to listen on for viewers.'),
  port: portOption.default(8080).describe('Port for HTTP; 0 takes a free one.'),
  tlsCert: textOption.optional().describe('PEM file with the certificate chain; turns HTTPS on.'),
  tlsKey: textOption.optional().describe("PEM file with the certificate's private key."),
  localAuthority: textOption
    .optional()
    .describe(
      'Folder of an authority of this machine, made where there is none, that signs for names ending in .localhost and for loopback; turns HTTPS on.',
    ),
  acme: textOption
    .refine(
      (text) => directoryOf(text) !== undefined,
      'must be letsencrypt, letsencrypt-staging, or the https URL of a directory',
    )
    .optional()
    .describe('Certificates by ACME: letsencrypt, letsencrypt-staging or a URL; this agrees to its terms.'),
  acmeEmail: textOption.optional().describe('Address at which the authority of --acme may reach you.'),
  acmeCa: textOption
    .optional()
    .describe("PEM file with one more root that the authority's own certificate may be under."),
  acmeChallenges: textOption
    .refine(
      (text) => challengesOf(text) !== undefined,
      'must be of http-01, tls-alpn-01 and dns-01, with commas',
    )
    .default('http-01,tls-alpn-01')
    .describe('Ways to prove a name, in the order in which they are tried; dns-01 needs --acme-dns-hook.'),
  acmeDnsHook: textOption
    .optional()
    .describe(
      'Who has TXT records published and taken back, for dns-01: guards, those of the network that answer for its zone; or a program, which is called with publish or withdraw, name and value.',
    ),
  acmeOrdersPerHour: wholeOption(1, 1_000)
    .default(20)
    .describe('Certificates that are ordered within an hour at most.'),
  acmeEabKid: textOption
    .optional()
    .describe('Identifier of an external account binding, where the authority asks for one.'),
  acmeEabKey: textOption.optional().describe("File with the binding's HMAC key, base64url."),
  httpsPort: portOption.default(8443).describe('Port for HTTPS; 0 takes a free one.'),
  controlHost: textOption.default('127.0.0.1').describe('Address the control plane listens on.'),
  controlPort: portOption.default(8081).describe('Port for guards; 0 takes a free one.'),
  dir: textOption.default('.medianet/edge').describe('Folder of the cache, the journal and the evidence.'),
  zone: COMMON_OPTIONS.zone,
  defaultResource: textOption
    .optional()
    .describe(
      'Address of the resource that is served where a request names this machine by its IP address; by default none is.',
    ),
  resolver: textOption
    .refine(
      (text) => text === 'system' || text === 'none' || isResolverAddress(text),
      'must be the address of a DNS resolver, such as 127.0.0.1:53, or system, or none',
    )
    .optional()
    .describe(
      "DNS resolver that is asked whose a publisher's own name is: its address, system for this machine's, or none; by default system, and none when the chain is on loopback.",
    ),
  countries: textOption
    .optional()
    .describe(
      'Table of where addresses are, an MMDB or CSV of lines first,last,country; by default the one that comes with the edge.',
    ),
  ramBytes: sizeOption.default(256 * 2 ** 20).describe('Ceiling of the RAM tier of the cache.'),
  workers: wholeOption(1, 256)
    .default(1)
    .describe('Processes that serve viewers, sharing the ports; with 1, all of the edge is one process.'),
  diskBytes: sizeOption.default(8 * 2 ** 30).describe('Ceiling of the disk tier of the cache.'),
  maxObjectBytes: sizeOption
    .default(512 * 2 ** 20)
    .describe(
      'Largest object the cache stores whole. Larger ones are kept in slices, and pass through where their origin does not allow for that.',
    ),
  allowPrivateOrigins: flagOption
    .optional()
    .describe(
      'Whether an origin may have a loopback or private address; by default only when the chain is on loopback.',
    ),
  evidenceWeeks: wholeOption(1, Number.MAX_SAFE_INTEGER)
    .default(4)
    .describe("Weeks (the network's) for which the evidence behind reports is kept."),
  pastCredit: z
    .enum(['stop', 'serve'])
    .default('stop')
    .describe(
      'What viewers without a token of the publisher get where nobody pays for them any more: 503 (stop), or what they ask for at your expense (serve).',
    ),
  openSlackBytes: sizeOption
    .default(16 * 2 ** 20)
    .describe('Bytes an hour and resource that are served beyond its credit all the same.'),
  maxMbit: wholeOption(1, 1_000_000)
    .optional()
    .describe('Megabits a second that leave to all viewers together; by default what the line takes.'),
  maxGbMonth: wholeOption(1, 1_000_000_000)
    .optional()
    .describe(
      "Gigabytes (10^9 bytes) that are served in a month of this machine's calendar; by default any number.",
    ),
  hours: textOption
    .refine(
      (text) => readHours(text) !== undefined,
      'must be two times of the day, such as 22-06 or 22:30-6:00',
    )
    .optional()
    .describe(
      "Hours of the day in which viewers are served, by this machine's clock, such as 22-06; by default all.",
    ),
  denyList: textOption
    .optional()
    .describe(
      'File of what this edge does not serve (451): address, label or host of a resource, or sha256: and the hash of one, a line each. Read again when it changes.',
    ),
  drainMs: wholeOption(0, Number.MAX_SAFE_INTEGER)
    .default(10_000)
    .describe('Milliseconds that responses under way get to finish on shutdown.'),
  upgradeDrainMs: wholeOption(0, Number.MAX_SAFE_INTEGER)
    .default(600_000)
    .describe('Milliseconds that responses under way get to finish when a new generation takes over.'),
  originTimeoutMs: wholeOption(1, Number.MAX_SAFE_INTEGER)
    .default(15_000)
    .describe(
      'Milliseconds an origin may keep silent, while connecting, before its head and within its body.',
    ),
  maxTunnels: wholeOption(0, 1_000_000)
    .default(4_096)
    .describe('WebSockets open at once; each holds a connection of its viewer and one of its origin.'),
  maxTunnelsOfResource: wholeOption(0, 1_000_000).default(1_024).describe('The same of one resource.'),
  tunnelIdleMs: wholeOption(1, Number.MAX_SAFE_INTEGER)
    .default(300_000)
    .describe('Milliseconds of silence after which a WebSocket, or a stream of events, is ended.'),
  logLevel: COMMON_OPTIONS.logLevel,
  accessLog: flagOption
    .default(false)
    .describe('One line a request; the address of a viewer is never in it.'),
} as const;

const SCHEMA: z.ZodType<EdgeConfig> = z.strictObject(SHAPE).superRefine((config, context) => {
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    context.addIssue({
      code: 'custom',
      path: ['tlsCert'],
      message: 'needs --tls-key, and the other way round',
    });
  }
  if ((config.acmeEabKid === undefined) !== (config.acmeEabKey === undefined)) {
    context.addIssue({
      code: 'custom',
      path: ['acmeEabKid'],
      message: 'needs --acme-eab-key, and the other way round',
    });
  }
  if (challengesOf(config.acmeChallenges)?.includes('dns-01') === true && config.acmeDnsHook === undefined) {
    context.addIssue({ code: 'custom', path: ['acmeChallenges'], message: 'dns-01 needs --acme-dns-hook' });
  }
  if (config.acmeDnsHook !== undefined && challengesOf(config.acmeChallenges)?.includes('dns-01') !== true) {
    context.addIssue({
      code: 'custom',
      path: ['acmeDnsHook'],
      message: 'does nothing without dns-01 in --acme-challenges',
    });
  }
});

/** What an edge is told. Built by `parseEdgeConfig`; sizes in bytes, times in milliseconds. The schema above says what each means. */
export interface EdgeConfig {
  readonly rpcUrl: string;
  readonly wsUrl?: string | undefined;
  readonly programId: string;
  readonly owner?: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly localAuthority?: string | undefined;
  readonly acme?: string | undefined;
  readonly acmeEmail?: string | undefined;
  readonly acmeCa?: string | undefined;
  readonly acmeChallenges: string;
  readonly acmeDnsHook?: string | undefined;
  readonly acmeOrdersPerHour: number;
  readonly acmeEabKid?: string | undefined;
  readonly acmeEabKey?: string | undefined;
  readonly httpsPort: number;
  readonly controlHost: string;
  readonly controlPort: number;
  readonly dir: string;
  readonly zone: string;
  readonly defaultResource?: string | undefined;
  readonly resolver?: string | undefined;
  readonly countries?: string | undefined;
  readonly ramBytes: number;
  readonly workers: number;
  readonly diskBytes: number;
  readonly maxObjectBytes: number;
  readonly allowPrivateOrigins?: boolean | undefined;
  readonly evidenceWeeks: number;
  readonly pastCredit: 'stop' | 'serve';
  readonly openSlackBytes: number;
  readonly maxMbit?: number | undefined;
  readonly maxGbMonth?: number | undefined;
  readonly hours?: string | undefined;
  readonly denyList?: string | undefined;
  readonly drainMs: number;
  readonly upgradeDrainMs: number;
  readonly originTimeoutMs: number;
  readonly maxTunnels: number;
  readonly maxTunnelsOfResource: number;
  readonly tunnelIdleMs: number;
  readonly logLevel: LogLevel;
  readonly accessLog: boolean;
}

export type EdgeOption = ConfigOption<keyof EdgeConfig>;
export type EdgeConfigSources = ConfigSources;

/** Every option, in the order of the help text. */
export const edgeOptions: readonly EdgeOption[] = configOptions<keyof EdgeConfig>('edge', SHAPE);

/** Whether anything is named that certificates come from. */
function servesTls({ tlsCert, localAuthority, acme }: EdgeConfig): boolean {
  return tlsCert !== undefined || localAuthority !== undefined || acme !== undefined;
}

/** Where an edge listens, with the options that move it. */
export function edgePorts(config: EdgeConfig): readonly WantedPort[] {
  const { host, port, httpsPort, controlHost, controlPort } = config;
  const control = { inUse: 'edge/port-in-use', failed: 'edge/listen-failed' };
  const codes = { inUse: 'front/port-in-use', failed: 'front/listen-failed' };
  return [
    { host: controlHost, port: controlPort, flag: '--control-port', codes: control },
    { host, port, flag: '--port', codes },
    ...(servesTls(config) ? [{ host, port: httpsPort, flag: '--https-port', codes }] : []),
  ];
}

/** Flags > environment > file > defaults. Throws `config/unreadable`, `config/invalid`. */
export function parseEdgeConfig(sources: EdgeConfigSources = {}): EdgeConfig {
  return parseConfig('edge', SCHEMA, edgeOptions, sources);
}
