import { accessSync, constants, existsSync, readlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import { isUsageCode } from './usage.ts';

/** What a person is told about an error, and what a shell. */
export interface Failure {
  readonly code: string;
  /** What happened; with what to do about it where that is part of the sentence. */
  readonly message: string;
  /** What to do, as a sentence of its own; empty where the message says it. */
  readonly hint: string;
  readonly exitCode: number;
}

const readOnlySentence = (path: string): string =>
  `${path} is on a disk that cannot be written (it is read-only): choose another folder with --dir.`;

/** Node says of folders to be made on a read-only disk that they do not exist. */
function isReadOnly(path: string): boolean {
  let at = resolve(path);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  try {
    accessSync(at, constants.W_OK);
    return false;
  } catch (error) {
    return errorCode(error) === 'EROFS';
  }
}

/** The first link on the way that leads nowhere, such as to a disk that is not mounted. */
function brokenLink(path: string): { readonly link: string; readonly to: string } | undefined {
  const whole = resolve(path);
  const folders = [whole];
  for (let at = whole; dirname(at) !== at; at = dirname(at)) folders.unshift(dirname(at));
  const link = folders.find((each) => !existsSync(each));
  if (link === undefined) return undefined;
  try {
    return { link, to: readlinkSync(link) };
  } catch {
    return undefined;
  }
}

/** System errors that a user meets, in words; `path` and `port` come from the error itself. */
function systemSentence(error: NodeJS.ErrnoException): string | undefined {
  const path = error.path ?? 'the file';
  const broken =
    error.path !== undefined && ['ENOENT', 'ENOTDIR', 'EEXIST'].includes(error.code ?? '')
      ? brokenLink(error.path)
      : undefined;
  if (broken !== undefined)
    return `${broken.link} leads to ${broken.to}, which does not exist: make it, or choose another path.`;
  switch (error.code) {
    case 'EADDRINUSE': {
      const port = 'port' in error ? String(error.port) : 'wanted';
      return `Port ${port} is in use: stop what listens there, or choose another with --port.`;
    }
    case 'EACCES':
    case 'EPERM':
      return `No permission for ${path}: change its owner or choose another folder with --dir.`;
    case 'ENOENT':
      if (error.syscall === 'mkdir' && isReadOnly(path)) return readOnlySentence(path);
      return `${path} does not exist: check the path.`;
    case 'EISDIR':
      return `${path} is a folder, and a file is needed.`;
    case 'ENOTDIR':
      return `${path} is below something that is not a folder: choose another path.`;
    case 'ENOSPC':
      return error.path === undefined
        ? 'The disk is full: make room and run this again.'
        : `The disk of ${path} is full: make room and run this again.`;
    case 'EROFS':
      return readOnlySentence(path);
    default:
      return undefined;
  }
}

const RERUN = 'Run it again with --debug to see where this comes from.';

/** The one place where an error becomes a sentence, what to do about it, and an exit code. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof AggregateError) {
    const first: unknown = error.errors[0];
    const deeper = first instanceof Error && first.cause !== undefined ? first.cause : first;
    if (deeper !== undefined) return describeFailure(deeper);
  }
  const code = errorCode(error);
  if (error instanceof MediaError) {
    return {
      code,
      message: oneLine(error.message),
      hint: error.hint === undefined ? '' : oneLine(error.hint),
      exitCode: isUsageCode(code) ? 2 : 1,
    };
  }
  const sentence = error instanceof Error ? systemSentence(error) : undefined;
  if (sentence !== undefined) return { code, message: sentence, hint: '', exitCode: 1 };
  return { code, message: oneLine(errorMessage(error)), hint: RERUN, exitCode: 1 };
}

/** A failure as one line. */
export function failureText({ message, hint }: Failure): string {
  return hint === '' ? message : `${message} ${hint}`;
}

function oneLine(text: string): string {
  const line = text.trim().replaceAll(/\s*\n\s*/g, ' ');
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
