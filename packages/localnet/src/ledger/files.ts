import { open } from 'node:fs/promises';

/** The few file operations the log needs; an interface so that tests can fill the disk. */
export interface AppendFile {
  /** Writes all bytes at the offset, or throws (`ENOSPC`) with any part of them written. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

export type OpenAppendFile = (path: string) => Promise<AppendFile>;

export const openAppendFile: OpenAppendFile = async (path) => {
  // 'a' would ignore the offset on Linux; 'r+' needs the file.
  await (await open(path, 'a')).close();
  const handle = await open(path, 'r+');
  return {
    async write(bytes, at) {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
        done += bytesWritten;
      }
    },
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
};

/** Makes names created, renamed or removed in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
