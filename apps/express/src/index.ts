export { createExpress } from './express.ts';
export type { Express, ExpressOverrides } from './express.ts';
