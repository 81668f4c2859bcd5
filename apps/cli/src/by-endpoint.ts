/** Guards and edges in an order that stays, numbers in addresses by value: the chain gives them in any. */
export function byEndpoint(a: { readonly endpoint: string }, b: { readonly endpoint: string }): number {
  return a.endpoint.localeCompare(b.endpoint, 'en', { numeric: true });
}
