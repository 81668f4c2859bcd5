export { missesOf } from './outcome.ts';
export { runLab } from './run-lab.ts';
export type { LabOptions } from './run-lab.ts';
export type { Outcome, Scenario, ScenarioKind } from './scenario.ts';
export { SCENARIOS } from './scenarios/index.ts';
