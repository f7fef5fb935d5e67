/** Runs an action on every item, a few at once; when one fails no more begin, and it rejects when those that run have ended. */
export async function inBatches<T>(
  items: readonly T[],
  size: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (const item of waiting) {
      if (hasFailed) return;
      try {
        await action(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: size }, worker));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
