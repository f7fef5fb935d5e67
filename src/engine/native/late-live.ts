import { onceLoaded } from "../../lib/once.ts";
import type { LiveEngine } from "../engine.ts";
import type { NativeLiveOptions } from "../native-live/native-live.ts";

/** Live streams, by what is loaded with the first of them: a fifth of all that opens the engine, which most services never need. */
export function lateLive(options: NativeLiveOptions): LiveEngine {
  const live = onceLoaded(async () => {
    const { NativeLive } = await import("../native-live/native-live.ts");
    return new NativeLive(options);
  });
  return {
    probe: async (...asked) => (await live()).probe(...asked),
    argsOf: async (request) => (await live()).argsOf(request),
    run: async (...asked) => (await live()).run(...asked),
  };
}
