import { errorMessage, systemClock } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { pictureJson } from './picture.ts';
import type { Picture } from './picture.ts';
import { pictureLine, renderScreen } from './render.ts';

export interface LiveOptions {
  readonly json?: true;
  /** Milliseconds between two looks; a second on a terminal and ten in a pipe without. */
  readonly intervalMs?: number;
  /** Looks after which it ends; until the signal without. */
  readonly count?: number;
  /** Last line of the screen. */
  readonly footer: string;
}

const SCREEN_MS = 1_000;
const LINE_MS = 10_000;

/**
 * Shows a network until the signal comes: a screen of its own on a terminal, drawn whole at each look and when its
 * size changes; otherwise a line, or with --json an object, now and then.
 */
export async function showLive(
  read: () => Promise<Picture>,
  signal: AbortSignal,
  options: LiveOptions,
  context: CliContext,
): Promise<void> {
  const { terminal } = context;
  const json = options.json === true;
  const screen = terminal.interactive && !json ? terminal.openScreen() : undefined;
  let last: Picture | undefined;
  let lastLine = '';
  const draw = (): void => {
    if (screen === undefined || last === undefined) return;
    screen.show(renderScreen(last, screen.size(), terminal.style, options.footer));
  };
  screen?.onResize(draw);
  try {
    for (let looks = 0; !signal.aborted && looks < (options.count ?? Number.POSITIVE_INFINITY); looks += 1) {
      if (looks > 0)
        await systemClock.sleep(options.intervalMs ?? (screen === undefined ? LINE_MS : SCREEN_MS), signal);
      if (signal.aborted) break;
      try {
        last = await read();
        if (json) terminal.json(pictureJson(last, Date.now()));
        else if (screen === undefined) {
          const line = pictureLine(last);
          if (line !== lastLine) terminal.line(line);
          lastLine = line;
        } else draw();
      } catch (error) {
        // The view is a guest: what it cannot read now it reads the next time. The first look must succeed.
        if (last === undefined) throw error;
        if (!signal.aborted && screen === undefined)
          terminal.note(`cannot look at the network: ${errorMessage(error)}`);
      }
    }
  } finally {
    screen?.close();
  }
  if (screen !== undefined && last !== undefined) terminal.line(pictureLine(last));
}
