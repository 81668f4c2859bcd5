/** Why a request was refused before any handler saw it. Append-only: logs and metrics use these names. */
export type RefusalReason =
  | 'malformed-request-line'
  | 'malformed-header'
  | 'line-folding'
  | 'bare-lf'
  | 'http-version'
  | 'http2-preface'
  | 'method-refused'
  | 'method-unknown'
  | 'host-missing'
  | 'host-repeated'
  | 'host-malformed'
  | 'host-disagrees'
  | 'target-form'
  | 'target-characters'
  | 'target-authority-like'
  | 'target-dot-segment'
  | 'target-encoding'
  | 'length-malformed'
  | 'length-repeated'
  | 'length-and-transfer-encoding'
  | 'transfer-encoding'
  | 'chunk-malformed'
  | 'request-line-too-long'
  | 'head-too-large'
  | 'head-timeout'
  | 'body-timeout'
  | 'truncated'
  | 'parsers-disagree'
  | 'handler-failed'
  | 'expectation'
  | 'protocol-unknown';

export interface Refusal {
  readonly status: number;
  readonly reason: RefusalReason;
}

const statusText: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  417: 'Expectation Failed',
  414: 'URI Too Long',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  505: 'HTTP Version Not Supported',
};

/** The whole response to a refused request. The body names the reason; the connection always closes. */
export function refusalResponse(refusal: Refusal): { head: string; body: string } {
  const body = `${refusal.reason}\n`;
  const allow = refusal.status === 405 ? 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n' : '';
  const head =
    `HTTP/1.1 ${refusal.status} ${statusText[refusal.status] ?? 'Error'}\r\n` +
    `Content-Type: text/plain\r\nContent-Length: ${body.length}\r\nCache-Control: no-store\r\n` +
    `${allow}Connection: close\r\n\r\n`;
  return { head, body };
}
