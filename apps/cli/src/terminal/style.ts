/** Colour and weight of words; identity when colours are off. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

function code(on: number, off: number): (text: string) => string {
  return (text) => `\u001B[${on}m${text}\u001B[${off}m`;
}

const same = (text: string): string => text;

export function createStyle(coloured: boolean): Style {
  if (!coloured) {
    return { bold: same, dim: same, green: same, red: same, yellow: same, cyan: same };
  }
  return {
    bold: code(1, 22),
    dim: code(2, 22),
    green: code(32, 39),
    red: code(31, 39),
    yellow: code(33, 39),
    cyan: code(36, 39),
  };
}

/** Colours only where a person looks: a TTY, no `NO_COLOR` (no-color.org: set and not empty), no `TERM=dumb`. */
export function wantsColour(isTty: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTty && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
