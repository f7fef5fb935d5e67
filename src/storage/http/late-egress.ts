import { onceLoaded } from "../../lib/once.ts";
import type { OutAnswer, OutRequest } from "../../net/egress.ts";

// With the first request: a start judges addresses alone.
const egress = onceLoaded(() => import("../../net/egress.ts"));

/** As `sendOut` of `egress.ts`. */
export const sendOut = async (url: URL, request: OutRequest): Promise<OutAnswer> =>
  (await egress()).sendOut(url, request);
