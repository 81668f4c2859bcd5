/** What is asked of lines; undefined asks nothing. */
export interface LineFilter {
  /** At least this, by pino's numbers. */
  readonly level: number | undefined;
  readonly phase: string | undefined;
  readonly outcome: string | undefined;
  /** `<label>` of a resource, or a host of its. */
  readonly resource: string | undefined;
  readonly daemon: string | undefined;
  readonly sinceMs: number | undefined;
}

/** A line of a daemon's log. */
export interface LogLine {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly timeMs: number;
}

export const LEVELS: Readonly<Record<string, number>> = { debug: 20, info: 30, warn: 40, error: 50 };

/** Reads a line, if it is one of ours and what is asked for. `of`: the daemon whose file it stands in. */
export function matching(text: string, of: string, filter: LineFilter): LogLine | undefined {
  let fields: ReadonlyMap<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    fields = new Map(Object.entries(parsed));
  } catch {
    // The last line of a process that was killed may be cut short.
    return undefined;
  }
  const timeMs = Date.parse(String(fields.get('time')));
  if (Number.isNaN(timeMs)) return undefined;
  const is = (name: string, wanted: string | undefined): boolean =>
    wanted === undefined || fields.get(name) === wanted;
  const daemon = fields.get('daemon') ?? of;
  const kept =
    (filter.level === undefined || Number(fields.get('level')) >= filter.level) &&
    (filter.sinceMs === undefined || timeMs >= filter.sinceMs) &&
    (filter.daemon === undefined || daemon === filter.daemon) &&
    is('phase', filter.phase) &&
    is('outcome', filter.outcome) &&
    (filter.resource === undefined || [fields.get('site'), fields.get('host')].some(isOf(filter.resource)));
  if (!kept) return undefined;
  return { fields: { ...Object.fromEntries(fields), daemon }, timeMs };
}

const isOf =
  (resource: string) =>
  (host: unknown): boolean =>
    host === resource || (typeof host === 'string' && host.startsWith(`${resource}.`));
