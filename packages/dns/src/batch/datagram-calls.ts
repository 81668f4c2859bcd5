/**
 * The system's calls for many datagrams at once (Linux, `recvmmsg(2)` and `sendmmsg(2)`), which the runtime's sockets do not make.
 */
export interface DatagramCalls {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: bigint, length: number): number;
  close(fd: number): number;
  recvmmsg(fd: number, messages: bigint, count: number, flags: number, timeout: bigint): number;
  sendmmsg(fd: number, messages: bigint, count: number, flags: number): number;
  /** Where a buffer's bytes are. It stays there as long as somebody holds the buffer. */
  addressOf(buffer: Uint8Array): bigint;
}

/** Processors whose structures are laid out as `datagram-ring.ts` has them: 64 bits, the least byte first. */
const KNOWN: ReadonlySet<string> = new Set(['x64', 'arm64']);

/** Undefined where the system or the runtime has no such calls. */
export function datagramCalls(): DatagramCalls | undefined {
  if (process.platform !== 'linux' || !KNOWN.has(process.arch)) return undefined;
  try {
    const ffi = quietly(() => process.getBuiltinModule('node:ffi'));
    const { functions } = ffi.dlopen(null, {
      socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
      bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
      close: { arguments: ['i32'], return: 'i32' },
      recvmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32', 'pointer'], return: 'i32' },
      sendmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32'], return: 'i32' },
    });
    return {
      socket: functions.socket,
      bind: functions.bind,
      close: functions.close,
      recvmmsg: functions.recvmmsg,
      sendmmsg: functions.sendmmsg,
      addressOf: (buffer) => ffi.getRawPointer(buffer),
    };
  } catch {
    // A runtime without them, or one that was told not to call out.
    return undefined;
  }
}

/** The runtime warns that this part of it may change. It is pinned here, and what does not work is done without. */
function quietly<T>(load: () => T): T {
  const before = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  process.emitWarning = () => {};
  try {
    return load();
  } finally {
    if (before !== undefined) Object.defineProperty(process, 'emitWarning', before);
  }
}
