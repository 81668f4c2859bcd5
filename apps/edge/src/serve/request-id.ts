/** Names requests: what this process is, then a number. Says nothing of the viewer. */
export function createRequestIds(random: () => number): () => string {
  const process = Math.floor(random() * 2 ** 32).toString(36);
  let count = 0;
  return () => {
    count += 1;
    return `${process}-${count.toString(36)}`;
  };
}
