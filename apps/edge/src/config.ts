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
import { isResolverAddress } from './tenant/resolver-address.ts';

const SHAPE = {
  rpcUrl: COMMON_OPTIONS.rpcUrl,
  wsUrl: COMMON_OPTIONS.wsUrl,
  programId: COMMON_OPTIONS.programId,
  owner: textOption
    .optional()
    .describe('Address that owns the edge account and gets its rewards; by default the operator itself.'),
  host: textOption.default('127.0.0.1').describe('Address the data plane listens on.'),
  port: portOption.default(8080).describe('Port of the data plane, plain HTTP. 0 takes a free one.'),
  tlsCert: textOption.optional().describe('PEM file with the certificate chain; turns HTTPS on.'),
  tlsKey: textOption.optional().describe("PEM file with the certificate's private key."),
  httpsPort: portOption.default(8443).describe('Port of the data plane, HTTPS. 0 takes a free one.'),
  controlHost: textOption.default('127.0.0.1').describe('Address the control plane listens on.'),
  controlPort: portOption
    .default(8081)
    .describe('Port of the control plane, where guards fetch evidence. 0 takes a free one.'),
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
  ramBytes: sizeOption.default(256 * 2 ** 20).describe('Ceiling of the RAM tier of the cache.'),
  workers: wholeOption(1, 256)
    .default(1)
    .describe('Processes that serve viewers, sharing the ports; with 1, all of the edge is one process.'),
  diskBytes: sizeOption.default(8 * 2 ** 30).describe('Ceiling of the disk tier of the cache.'),
  maxObjectBytes: sizeOption
    .default(512 * 2 ** 20)
    .describe('Largest object the cache stores. Larger ones, and ranges of them, pass through.'),
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
  readonly httpsPort: number;
  readonly controlHost: string;
  readonly controlPort: number;
  readonly dir: string;
  readonly zone: string;
  readonly defaultResource?: string | undefined;
  readonly resolver?: string | undefined;
  readonly ramBytes: number;
  readonly workers: number;
  readonly diskBytes: number;
  readonly maxObjectBytes: number;
  readonly allowPrivateOrigins?: boolean | undefined;
  readonly evidenceWeeks: number;
  readonly pastCredit: 'stop' | 'serve';
  readonly openSlackBytes: number;
  readonly drainMs: number;
  readonly upgradeDrainMs: number;
  readonly originTimeoutMs: number;
  readonly logLevel: LogLevel;
  readonly accessLog: boolean;
}

export type EdgeOption = ConfigOption<keyof EdgeConfig>;
export type EdgeConfigSources = ConfigSources;

/** Every option, in the order of the help text. */
export const edgeOptions: readonly EdgeOption[] = configOptions<keyof EdgeConfig>('edge', SHAPE);

/** Where an edge listens, with the options that move it. */
export function edgePorts(config: EdgeConfig): readonly WantedPort[] {
  const { host, port, httpsPort, controlHost, controlPort, tlsCert } = config;
  const control = { inUse: 'edge/port-in-use', failed: 'edge/listen-failed' };
  const codes = { inUse: 'front/port-in-use', failed: 'front/listen-failed' };
  return [
    { host: controlHost, port: controlPort, flag: '--control-port', codes: control },
    { host, port, flag: '--port', codes },
    ...(tlsCert === undefined ? [] : [{ host, port: httpsPort, flag: '--https-port', codes }]),
  ];
}

/** Flags > environment > file > defaults. Throws `config/unreadable`, `config/invalid`. */
export function parseEdgeConfig(sources: EdgeConfigSources = {}): EdgeConfig {
  return parseConfig('edge', SCHEMA, edgeOptions, sources);
}
