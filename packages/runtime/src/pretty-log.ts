/** Levels by pino's numbers. */
const LEVELS: Readonly<Record<number, readonly [name: string, colour: number]>> = {
  10: ['TRACE', 90],
  20: ['DEBUG', 90],
  30: ['INFO', 32],
  40: ['WARN', 33],
  50: ['ERROR', 31],
  60: ['FATAL', 31],
};

/** Said once at the head of a line, or of no use to people. */
const HEAD: ReadonlySet<string> = new Set(['level', 'time', 'name', 'msg', 'pid', 'hostname', 'daemon']);

function paint(colour: number, text: string, coloured: boolean): string {
  return coloured ? `\u001B[${colour}m${text}\u001B[39m` : text;
}

function value(field: unknown): string {
  if (typeof field === 'string') return /^[^\s"=]+$/.test(field) ? field : JSON.stringify(field);
  return JSON.stringify(field) ?? String(field);
}

/**
 * A line of the log for people: `16:04:05.123 INFO  edge-1 edge is up  port=8080`. What is no line of ours is left
 * as it is, so that nothing is ever lost.
 */
export function prettyLine(line: string, coloured: boolean): string {
  let fields: ReadonlyMap<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) return line;
    fields = new Map(Object.entries(parsed));
  } catch {
    return line;
  }
  const [level, time, name, daemon, message] = ['level', 'time', 'name', 'daemon', 'msg'].map((key) =>
    fields.get(key),
  );
  if (typeof message !== 'string') return line;
  const [levelName, colour] = LEVELS[Number(level)] ?? ['?', 90];
  const at = typeof time === 'string' ? time.slice(11, 23) : '';
  const who = typeof daemon === 'string' ? daemon : typeof name === 'string' ? name : '';
  const rest = [...fields]
    .filter(([key]) => !HEAD.has(key))
    .map(([key, field]) => `${paint(90, `${key}=`, coloured)}${value(field)}`);
  const head = `${paint(90, at, coloured)} ${paint(colour, levelName.padEnd(5), coloured)} ${paint(36, who, coloured)} ${message}`;
  return rest.length === 0 ? head : `${head}  ${rest.join(' ')}`;
}

/** A destination of a log that writes each line for people. */
export function prettyDestination(
  write: (text: string) => unknown,
  coloured: boolean,
): { write(line: string): void } {
  return {
    write(line) {
      write(`${prettyLine(line.trimEnd(), coloured)}\n`);
    },
  };
}
