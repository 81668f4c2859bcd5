export { createVouchHandler } from './handler.ts';
export type { HandlerOptions, VouchHandler } from './handler.ts';
export { startVouchServer } from './server.ts';
export type { VouchServer, VouchServerOptions } from './server.ts';
export { createVoucher } from './voucher.ts';
export type {
  NetworkHours,
  TokenRequest,
  VouchAnswer,
  VouchRefusal,
  Voucher,
  VoucherOptions,
} from './voucher.ts';
export { ensureVouchingKey, generateVouchingKey, readVouchingKey, vouchingKeyOf } from './vouching-key.ts';
export type { VouchingKey } from './vouching-key.ts';
