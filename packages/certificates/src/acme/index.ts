export { createAccount } from './account.ts';
export type { Account, AccountBinding } from './account.ts';
export type { AcmeFetch } from './acme-client.ts';
export { beginOrder, isGone, stepOrder } from './order.ts';
export type { ChallengeType, OpenOrder, Proof } from './order.ts';
export { certificateId, momentIn, renewalInfo, usualMoment } from './renewal.ts';
