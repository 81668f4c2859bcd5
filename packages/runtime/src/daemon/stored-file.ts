import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** A file that is being read; whoever has it reads the stream to its end or destroys it. */
export interface StoredFile {
  /** Bytes of the stream. */
  readonly size: number;
  readonly stream: Readable;
}

/**
 * What an open file holds, to be sent. Of files that are renamed into place whole, so that what is open has this size to
 * its end. Node ends a process that leaves an open file to the collector, so it is closed where its size cannot be told.
 */
export async function storedFile(file: FileHandle): Promise<StoredFile> {
  try {
    const { size } = await file.stat();
    return { size, stream: file.createReadStream() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
