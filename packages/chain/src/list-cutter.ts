/** Cuts the accounts out of a node's list as its text comes, so that it is never in memory as a whole. */
export interface ListCutter {
  /** More of the text. */
  push(text: string): void;
  /** What is left of it when it is over: the same answer without its accounts. */
  end(): string;
}

const VALUE = /"value"\s*:\s*\[/;
/** What stands before the accounts: version, and the slot they are of. */
const MAX_HEAD = 65_536;

/** `onAccount`: the text of one account, and all that stood before the first. What it throws comes out of `push`. */
export function createListCutter(onAccount: (text: string, head: string) => void): ListCutter {
  let head = '';
  let tail: string | undefined;
  let isInside = false;
  /** What has been pushed and is not done with. */
  let rest = '';
  /** How far in it the account that has begun was looked at, how deep that is, and whether in quotes. */
  let [at, depth, quoted] = [0, 0, false];

  /** The end of the account that begins at the begin of `rest`; -1 while it is not there. */
  function accountEnd(): number {
    while (at < rest.length) {
      if (quoted) {
        // Bytes and keys are long and have no marks in them.
        const quote = rest.indexOf('"', at);
        if (quote < 0) break;
        at = quote + 1;
        quoted = isEscaped(rest, quote);
        continue;
      }
      const mark = rest.charCodeAt(at);
      at += 1;
      if (mark === 0x22) quoted = true;
      else if (mark === 0x7b || mark === 0x5b) depth += 1;
      else if (mark === 0x7d || mark === 0x5d) {
        depth -= 1;
        if (depth === 0) return at;
      }
    }
    at = rest.length;
    return -1;
  }

  function cut(): void {
    let from = 0;
    for (;;) {
      while (from < rest.length && ' \n\r\t,'.includes(rest.charAt(from))) from += 1;
      rest = rest.slice(from);
      from = 0;
      if (rest === '') return;
      if (rest.startsWith(']')) {
        tail = rest;
        rest = '';
        return;
      }
      const end = accountEnd();
      if (end < 0) return;
      onAccount(rest.slice(0, end), head);
      [at, depth, quoted] = [0, 0, false];
      from = end;
    }
  }

  return {
    push(text) {
      if (tail !== undefined) {
        tail += text;
        return;
      }
      rest += text;
      if (!isInside) {
        const found = VALUE.exec(rest);
        // An error, or an answer of another kind: it is short, and read as it stands.
        if (found === null || found.index > MAX_HEAD) return;
        const begin = found.index + found[0].length;
        [head, rest, isInside] = [rest.slice(0, begin), rest.slice(begin), true];
      }
      cut();
    },
    end: () => head + rest + (tail ?? ''),
  };
}

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(text: string, place: number): boolean {
  let before = place - 1;
  while (before >= 0 && text.charCodeAt(before) === 0x5c) before -= 1;
  return (place - before) % 2 === 0;
}
