import { configOptions, parseConfig, textOption, wholeOption } from '@media-network/runtime/daemon';
import type { ConfigOption, ConfigSources } from '@media-network/runtime/daemon';
import { parseServerConfig, serverOptions } from '@media-network/server/config';
import type { ServerConfig } from '@media-network/server/config';
import { z } from 'zod';

const SHAPE = {
  site: textOption
    .refine(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
      'is an http or https address',
    )
    .optional()
    .describe(
      'Where the site is for its visitors, as https://live.example.org; wallets show it, and pages of other sites are refused (default: where it listens).',
    ),
  title: textOption.default('Media Express').describe('How the site is called.'),
  database: textOption
    .optional()
    .describe(
      'A file of SQLite, or the URL of a PostgreSQL (default: express.sqlite in the folder of the server).',
    ),
  admins: textOption
    .default('')
    .describe('Addresses of wallets that may take channels down, separated by commas.'),
  viewersPerAddress: wholeOption(1, 100_000)
    .default(60)
    .describe('Viewers of one network address that are counted in an hour.'),
  readersPerAddress: wholeOption(1, 100_000)
    .default(100)
    .describe('Readers of chats that come from one network address at once.'),
} as const;

/** What Express is told beside what a media server is. */
export interface ExpressOwnConfig {
  readonly site?: string | undefined;
  readonly title: string;
  readonly database?: string | undefined;
  readonly admins: string;
  readonly viewersPerAddress: number;
  readonly readersPerAddress: number;
}

export interface ExpressConfig extends ExpressOwnConfig {
  readonly server: ServerConfig;
}

const SCHEMA: z.ZodType<ExpressOwnConfig> = z.strictObject(SHAPE);

export const expressOptions: readonly ConfigOption<keyof ExpressOwnConfig>[] = configOptions(
  'express',
  SHAPE,
);
/** What only a media server alone has. */
const ALONE: ReadonlySet<string> = new Set(['channels', 'push', 'private', 'publicUrl', 'embed']);
/** Of the server below, without what Express keeps by itself. */
export const allExpressOptions: readonly ConfigOption[] = [
  ...serverOptions.filter(({ name }) => !ALONE.has(name)),
  ...expressOptions,
];

/** Flags > environment > file > defaults. Throws `config/unreadable`, `config/invalid`. */
export function parseExpressConfig(sources: ConfigSources = {}): ExpressConfig {
  const of = (options: readonly ConfigOption[]): ConfigSources => ({
    ...sources,
    flags: Object.fromEntries(
      options.map(({ name }) => [name, sources.flags?.[name]]).filter(([, value]) => value !== undefined),
    ) as Readonly<Record<string, unknown>>,
  });
  const own = parseConfig('express', SCHEMA, expressOptions, of(expressOptions));
  return { ...own, server: parseServerConfig(of(serverOptions)) };
}
