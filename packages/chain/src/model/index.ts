export { apply } from './apply.ts';
export type { Applied } from './apply.ts';
export {
  averagePrice,
  feeOf,
  firstDeposit,
  isqrt,
  mulDiv,
  mulDivUp,
  poolValue,
  quotaOf,
  quoteAdd,
  quoteRemove,
  quoteSwap,
  sampleKbps,
  spotPrice,
  worthOf,
} from './arithmetic.ts';
export type { LiquidityQuote, PriceHistory, Reserves, SwapQuote } from './arithmetic.ts';
export { buybackBounds, mostOfBuyback } from './buyback-rules.ts';
export { electionHour, electionOutcome, electionParams } from './election-rules.ts';
export { freeOfFund } from './fund.ts';
export { depositOf, earnedOf, isOver } from './governance-rules.ts';
export { seasonedSince } from './seasons.ts';
export type { ModelInstruction } from './context.ts';
export type { ProgramErrorName } from './failure.ts';
export { domainEnd, domainStakeOf, isHostName } from './domain-rules.ts';
export { vestedAt } from './founding-rules.ts';
export { leafHash, merkleTree, nodeHash, provesRange, provesTo } from './merkle.ts';
export { worth } from './pool-rules.ts';
export { createModelState } from './state.ts';
export type { BlankAccount, Draft, Mint, ModelAccount, ModelState, TokenAccount } from './state.ts';
