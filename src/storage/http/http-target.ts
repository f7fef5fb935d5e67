import type { OutRequest } from "../../net/egress.ts";
import { contentType } from "../content.ts";
import { targetEarly, targetFailure, targetStatus } from "../remote/remote-errors.ts";
import type { At, RemoteTarget } from "../remote/remote-target.ts";
import { httpSetPlaceOf, keyOf, readHttpTarget } from "./http-address.ts";
import { sendOut } from "./late-egress.ts";

/** Which servers are asked, and how they are waited for. */
export type HttpLimits = Pick<OutRequest, "idleTimeoutMs" | "trusted" | "policy" | "mayFollow">;

/** What servers answer of what is not there. */
const MISSING = [404, 410];

/**
 * The target at an address, by PUT or POST. Only an answer of success that comes after the whole body counts: servers were
 * seen to answer 507, or to hang up, when all had been sent.
 *
 * @throws {TaskError} as `readHttpTarget`
 */
export function httpTarget(shown: string, limits: HttpLimits): RemoteTarget {
  const { address, method } = readHttpTarget(shown);
  const { folder, inFolder, set } = httpSetPlaceOf(address);
  const urlOf = (at: At) => (at === undefined ? address : inFolder(at));
  return {
    shown,
    key: keyOf(address),
    folder,
    ...(set && { set }),
    put: async ({ name, ...body }, at, { signal }) => {
      const headers = { "content-type": contentType(name) };
      const answer = await sendOut(urlOf(at), { method, headers, body, signal, ...limits });
      answer.close();
      if (answer.status < 200 || answer.status > 299) throw targetStatus(answer.status, shown);
      if (!answer.isAfterBody) throw targetEarly(shown);
    },
    remove: async (at, signal) => {
      const request = { method: "DELETE", headers: {}, signal, ...limits } as const;
      const answer = await sendOut(urlOf(at), request);
      answer.close();
      const isGone = MISSING.includes(answer.status);
      if (!isGone && (answer.status < 200 || answer.status > 299))
        throw targetStatus(answer.status, shown);
    },
    failure: (error) => targetFailure(error, shown),
    exists: (signal) => isThere(address, { ...limits, signal }),
  };
}

/** Whether something lies at an address; true if that cannot be found out. */
async function isThere(url: URL, options: HttpLimits & Pick<OutRequest, "signal">) {
  try {
    const answer = await sendOut(url, { method: "HEAD", headers: {}, ...options });
    answer.close();
    return !MISSING.includes(answer.status);
  } catch {
    options.signal.throwIfAborted();
    return true;
  }
}
