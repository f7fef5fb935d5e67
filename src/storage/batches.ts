/** Runs an action on every item, a few at once; when one fails, those beside it end first. */
export async function inBatches<T>(
  items: readonly T[],
  size: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < items.length; at += size) {
    const results = await Promise.allSettled(items.slice(at, at + size).map(action));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }
}
