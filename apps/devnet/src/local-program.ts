import { fileURLToPath } from 'node:url';
import { address } from '@solana/addresses';
import type { Address } from '@solana/addresses';

/** Where the program lives on the embedded chain. */
export const LOCAL_PROGRAM_ID: Address = address('MediaNetwork1111111111111111111111111111111');

/** The built program that comes with the project. */
export const PROGRAM_PATH: string = fileURLToPath(
  new URL('../../../programs/media/media.so', import.meta.url),
);
