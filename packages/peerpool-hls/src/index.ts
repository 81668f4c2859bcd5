export { install } from './install.ts';
export type { InstallOptions, Installed } from './install.ts';
