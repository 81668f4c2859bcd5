export { computeUnits } from './compute-units.ts';
export { STORY_PARAMS, tellStory } from './story.ts';
export type { StoryStep } from './teller.ts';
export { PROGRAM_PATH, addressOf, createProgramWorld, signerOf } from './world.ts';
export type { ProgramWorld, RawAccount, RunResult } from './world.ts';
export { worstCases } from './worst-cases.ts';
export type { WorstCase } from './worst-cases.ts';
