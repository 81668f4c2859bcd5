import { PART_VARIABLE } from '@media-network/runtime/own-parts';

/**
 * Where a single-file binary begins (`media package`): the command, or a part of the program that the command has
 * started as a process of its own.
 */
const part = process.env[PART_VARIABLE];
// Whatever this process starts is another part, or none.
delete process.env[PART_VARIABLE];

if (part === undefined) await import('./main.ts');
else if (part === 'worker-main') await import('@media-network/edge/worker-main');
else throw new Error(`${part} is no part of this program`);
