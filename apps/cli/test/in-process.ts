import { runCli } from '../src/index.ts';

export interface CliOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, with its own streams and nothing of the environment. */
export async function cli(
  args: readonly string[],
  options: { readonly cwd?: string; readonly signal?: AbortSignal; readonly calledAs?: string } = {},
): Promise<CliOutcome> {
  let stdout = '';
  let stderr = '';
  const code = await runCli(args, {
    stdout: {
      write: (text: string) => {
        stdout += text;
      },
    },
    stderr: {
      write: (text: string) => {
        stderr += text;
      },
    },
    env: { PATH: process.env['PATH'] },
    cwd: options.cwd ?? '/nowhere',
    ...(options.calledAs === undefined ? {} : { calledAs: options.calledAs }),
    takeSignals: () => options.signal ?? new AbortController().signal,
  });
  return { code, stdout, stderr };
}
