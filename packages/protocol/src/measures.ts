export {
  CAPACITY_ASK_BYTES,
  CAPACITY_BYTES,
  CAPACITY_EVERY_WINDOWS,
  CAPACITY_MS,
  STEER_WINDOW_MS,
  decodeCapacityAsk,
  encodeCapacityAsk,
  verifyCapacityAskSignature,
} from './capacity-ask.ts';
export type { CapacityAsk, CapacityAskBody } from './capacity-ask.ts';
export {
  MAX_EDGE_RTTS,
  MAX_EDGE_RTTS_BYTES,
  decodeEdgeRtts,
  encodeEdgeRtts,
  signEdgeRtts,
  verifyEdgeRttsSignature,
} from './edge-rtts.ts';
export type { EdgeRtt, EdgeRtts, EdgeRttsBody } from './edge-rtts.ts';
