import type { FailedTransactionMetadata } from 'litesvm';

/** A transaction's error as Solana's JSON-RPC writes it (`TransactionError` of agave, serialised). */
export type TransactionErrorJson = string | { readonly [name: string]: unknown };

type SvmError = ReturnType<FailedTransactionMetadata['err']>;

// The order of the VM's own enums, which reach JavaScript as numbers; a test compares them with the VM's tables.
export const TRANSACTION_ERRORS: readonly string[] = (
  'AccountInUse AccountLoadedTwice AccountNotFound ProgramAccountNotFound InsufficientFundsForFee ' +
  'InvalidAccountForFee AlreadyProcessed BlockhashNotFound CallChainTooDeep MissingSignatureForFee ' +
  'InvalidAccountIndex SignatureFailure InvalidProgramForExecution SanitizeFailure ClusterMaintenance ' +
  'AccountBorrowOutstanding WouldExceedMaxBlockCostLimit UnsupportedVersion InvalidWritableAccount ' +
  'WouldExceedMaxAccountCostLimit WouldExceedAccountDataBlockLimit TooManyAccountLocks ' +
  'AddressLookupTableNotFound InvalidAddressLookupTableOwner InvalidAddressLookupTableData ' +
  'InvalidAddressLookupTableIndex InvalidRentPayingAccount WouldExceedMaxVoteCostLimit ' +
  'WouldExceedAccountDataTotalLimit MaxLoadedAccountsDataSizeExceeded ResanitizationNeeded ' +
  'InvalidLoadedAccountsDataSizeLimit UnbalancedTransaction ProgramCacheHitMaxLimit CommitCancelled'
).split(' ');

export const INSTRUCTION_ERRORS: readonly string[] = (
  'GenericError InvalidArgument InvalidInstructionData InvalidAccountData AccountDataTooSmall ' +
  'InsufficientFunds IncorrectProgramId MissingRequiredSignature AccountAlreadyInitialized ' +
  'UninitializedAccount UnbalancedInstruction ModifiedProgramId ExternalAccountLamportSpend ' +
  'ExternalAccountDataModified ReadonlyLamportChange ReadonlyDataModified DuplicateAccountIndex ' +
  'ExecutableModified RentEpochModified NotEnoughAccountKeys AccountDataSizeChanged AccountNotExecutable ' +
  'AccountBorrowFailed AccountBorrowOutstanding DuplicateAccountOutOfSync InvalidError ' +
  'ExecutableDataModified ExecutableLamportChange ExecutableAccountNotRentExempt UnsupportedProgramId ' +
  'CallDepth MissingAccount ReentrancyNotAllowed MaxSeedLengthExceeded InvalidSeeds InvalidRealloc ' +
  'ComputationalBudgetExceeded PrivilegeEscalation ProgramEnvironmentSetupFailure ProgramFailedToComplete ' +
  'ProgramFailedToCompile Immutable IncorrectAuthority AccountNotRentExempt InvalidAccountOwner ' +
  'ArithmeticOverflow UnsupportedSysvar IllegalOwner MaxAccountsDataAllocationsExceeded ' +
  'MaxAccountsExceeded MaxInstructionTraceLengthExceeded BuiltinProgramsMustConsumeComputeUnits BorshIoError'
).split(' ');

function instructionError(error: Exclude<SvmError, number> & { err(): unknown }): unknown {
  const inner = error.err();
  if (typeof inner === 'number') return INSTRUCTION_ERRORS[inner] ?? 'GenericError';
  if (typeof inner === 'object' && inner !== null && 'code' in inner) return { Custom: inner.code };
  if (typeof inner === 'object' && inner !== null && 'msg' in inner) return { BorshIoError: inner.msg };
  return 'GenericError';
}

export function transactionErrorOf(error: SvmError): TransactionErrorJson {
  if (typeof error === 'number') return TRANSACTION_ERRORS[error] ?? 'SanitizeFailure';
  if ('err' in error && typeof error.err === 'function') {
    return { InstructionError: [error.index, instructionError(error)] };
  }
  if ('accountIndex' in error) {
    const name = error.constructor.name.replace('TransactionError', '');
    return { [name]: { account_index: error.accountIndex } };
  }
  return { DuplicateInstruction: 'index' in error ? error.index : 0 };
}

const sentences: Readonly<Record<string, string>> = {
  AccountNotFound: 'Attempt to debit an account but found no record of a prior credit.',
  AlreadyProcessed: 'This transaction has already been processed',
  BlockhashNotFound: 'Blockhash not found',
  ProgramAccountNotFound: 'Attempt to load a program that does not exist',
  InsufficientFundsForFee: 'Insufficient funds for fee',
  InvalidAccountForFee: 'This account may not be used to pay transaction fees',
};

function words(name: string): string {
  const spaced = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** The sentence Solana shows for an error. */
export function describeTransactionError(error: TransactionErrorJson): string {
  if (typeof error === 'string') return sentences[error] ?? words(error);
  const detail = error['InstructionError'];
  if (Array.isArray(detail)) {
    const [index, inner]: unknown[] = detail;
    if (
      typeof inner === 'object' &&
      inner !== null &&
      'Custom' in inner &&
      typeof inner.Custom === 'number'
    ) {
      return `Error processing Instruction ${String(index)}: custom program error: 0x${inner.Custom.toString(16)}`;
    }
    return `Error processing Instruction ${String(index)}: ${words(typeof inner === 'string' ? inner : 'BorshIoError').toLowerCase()}`;
  }
  const rent = error['InsufficientFundsForRent'];
  if (typeof rent === 'object' && rent !== null && 'account_index' in rent) {
    return `Transaction results in an account (${String(rent.account_index)}) with insufficient funds for rent`;
  }
  return words(Object.keys(error)[0] ?? 'SanitizeFailure');
}
