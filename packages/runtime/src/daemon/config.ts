import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { MediaError, errorMessage } from '../errors.ts';

/** One option as `--help`, the docs' tables and the CLI need it. */
export interface ConfigOption<Name extends string = string> {
  /** Name in the configuration file and in code. */
  readonly name: Name;
  /** Command-line flag without dashes. */
  readonly flag: string;
  readonly env: string;
  readonly default: string | number | boolean | undefined;
  readonly help: string;
  /** Whether the flag stands without a value. */
  readonly boolean: boolean;
}

export interface ConfigSources {
  /** Parsed flags by option name (`controlPort`). */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Path of a JSON file with options by name. */
  readonly file?: string;
}

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The options of a schema's shape, in its order. `daemon` is the middle of `MEDIA_<DAEMON>_<OPTION>`. */
export function configOptions<Name extends string>(
  daemon: string,
  shape: Readonly<Record<Name, z.ZodType>>,
): readonly ConfigOption<Name>[] {
  // The keys of a record with the keys Name are Names.
  return (Object.keys(shape) as Name[]).map((name) => {
    const schema = shape[name];
    const standard: unknown = schema.safeParse(undefined).data;
    const printable =
      typeof standard === 'string' || typeof standard === 'number' || typeof standard === 'boolean';
    return {
      name,
      flag: kebab(name),
      env: `MEDIA_${daemon}_${kebab(name)}`.replaceAll('-', '_').toUpperCase(),
      default: printable ? standard : undefined,
      help: schema.description ?? '',
      boolean: typeof schema.safeParse('').data === 'boolean',
    };
  });
}

/**
 * Flags > environment > file > defaults.
 * Throws `config/unreadable` for a file that is missing or no JSON, `config/invalid` naming each wrong option.
 */
export function parseConfig<Config>(
  daemon: string,
  schema: z.ZodType<Config>,
  options: readonly ConfigOption[],
  sources: ConfigSources,
): Config {
  const merged: Record<string, unknown> = sources.file === undefined ? {} : readConfigFile(sources.file);
  for (const option of options) {
    const fromEnv = sources.env?.[option.env];
    if (fromEnv !== undefined && fromEnv !== '') merged[option.name] = fromEnv;
    const fromFlags = sources.flags?.[option.name];
    if (fromFlags !== undefined) merged[option.name] = fromFlags;
  }
  const result = schema.safeParse(merged);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const option = options.find((each) => each.name === issue.path[0]);
    if (option === undefined) return issue.message;
    const given = merged[option.name];
    // What is said of two options together is not about one value.
    const isOfValue = !/^(?:needs|does|dns-01) /.test(issue.message);
    const not =
      isOfValue && (typeof given === 'string' || typeof given === 'number') ? `, not "${given}"` : '';
    return `--${option.flag} (${option.env}): ${issue.message}${not}`;
  });
  throw new MediaError({
    code: 'config/invalid',
    message: `The ${daemon}'s configuration is not right. ${problems.join('; ')}.`,
    source: 'client',
    context: { problems },
  });
}

function readConfigFile(path: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
    throw new Error('it must hold one JSON object');
  } catch (error) {
    throw new MediaError({
      code: 'config/unreadable',
      message: `Cannot read the configuration file ${path}: ${errorMessage(error)}.`,
      source: 'client',
      cause: error,
    });
  }
}
