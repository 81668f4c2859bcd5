/** The release of Solana whose runtime crates the VM is built from; told as `solana-core`, as clusters do. */
export const SOLANA_VERSION = '4.3.0';

/**
 * Which of the runtime's features are active, as a u32: clients read it as a number and compare it at most. All are
 * active here, which no cluster's number says; it is the VM's own.
 */
export const FEATURE_SET = 3_640_012_085;
