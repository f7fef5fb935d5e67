import type { Config } from "../config/config.ts";
import type { Engine } from "../engine/engine.ts";
import type { Capabilities } from "../plan/plan.ts";

/** What plans are made with here, and what is refused when a task is created. */
export const capabilitiesOf = (
  { capabilities, streamed }: Engine,
  { disk }: Pick<Config, "disk">,
): Capabilities => (disk === "no" && streamed?.capabilities) || capabilities;
