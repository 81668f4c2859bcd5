/** The release of Solana whose runtime crates the VM is built from; told as `solana-core`, as clusters do. */
export const SOLANA_VERSION = '4.3.0';
