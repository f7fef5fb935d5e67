/** Waits for a time or a promise, whichever ends first, and leaves no timer behind. */
export async function sleep(ms: number, wake: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([time, wake]);
  clearTimeout(timer);
}
