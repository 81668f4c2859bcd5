export { copyResources } from './copied-resources.ts';
export { runDetection } from './detection/detection.ts';
export type { ColluderRow, Detection, DetectionRow, HonestRow } from './detection/detection.ts';
export { plotDetection } from './detection/plot.ts';
export { missesOf } from './outcome.ts';
export { runLab } from './run-lab.ts';
export type { LabOptions } from './run-lab.ts';
export type { Outcome, Scenario, ScenarioKind } from './scenario.ts';
export { SCENARIOS } from './scenarios/index.ts';
