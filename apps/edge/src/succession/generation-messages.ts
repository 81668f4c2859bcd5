import type { ControlPlace } from '../edge-api.ts';
import type { ListenPlace } from '../workers/worker-pool.ts';
import type { Legacy } from './succession.ts';

/** Set for a process that takes over: the process id of the one that an operator started. */
export const SUCCESSOR_VARIABLE = 'MEDIA_EDGE_SUCCESSOR';

/** A place without its socket, which goes beside the message. */
export type PlaceMessage = Omit<ListenPlace, 'handle'>;
export type ControlMessage = Omit<ControlPlace, 'handle'>;

/** What the process that an operator started says to a generation of the edge, over Node's channel. */
export type ToGeneration =
  | { readonly kind: 'place'; readonly place: PlaceMessage }
  | { readonly kind: 'control'; readonly place: ControlMessage }
  /** So many places beside the control plane have been sent. A message with a socket may be sent anew, and come after this. */
  | { readonly kind: 'inherited'; readonly places: number }
  | { readonly kind: 'legacy'; readonly legacy: Legacy }
  | { readonly kind: 'call'; readonly no: number; readonly call: GenerationCall };

export type GenerationCall =
  | { readonly what: 'let-go' }
  | { readonly what: 'take-back' }
  | { readonly what: 'retire'; readonly door: string }
  | { readonly what: 'end' };

export type FromGeneration =
  /** Which sockets are there? */
  | { readonly kind: 'inherit' }
  /** Everything is ready but for the books and the folder. */
  | { readonly kind: 'let-go' }
  /** A copy of a socket, for generations to come. */
  | { readonly kind: 'place'; readonly place: PlaceMessage }
  | { readonly kind: 'control'; readonly place: ControlMessage }
  | { readonly kind: 'up'; readonly door: string; readonly places: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'result'; readonly no: number; readonly legacy?: Legacy; readonly failed?: string };
