/** How urgent an answer is, and whether its parts are of use before the whole (RFC 9218). */
export interface Priority {
  /** 0 is the most urgent, 7 the least. */
  readonly urgency: number;
  readonly incremental: boolean;
}

/** Of whoever says nothing at all: streams take turns. */
export const UNSAID: Priority = { urgency: 3, incremental: true };

const URGENCY = /(?:^|,)[ \t]*u=([0-7])[ \t]*(?=[,;]|$)/;
const INCREMENTAL = /(?:^|,)[ \t]*i(?:=\?1)?[ \t]*(?=[,;]|$)/;

/** Reads a Priority field or the value of PRIORITY_UPDATE; what is no parameter of it is left out (§4). */
export function readPriority(value: string | undefined): Priority {
  if (value === undefined) return UNSAID;
  return { urgency: Number(URGENCY.exec(value)?.[1] ?? 3), incremental: INCREMENTAL.test(value) };
}
