import { isReached, type Reach, type ReachLists } from "../../lib/reach.ts";

import { type EgressPolicy, policyWithin } from "../../net/egress-policy.ts";
import { sourceFailure, sourceStatus } from "../remote/remote-errors.ts";
import type { RemoteSource } from "../remote/remote-source.ts";
import { type RemoteLimits, RemoteStorage } from "../remote/remote-storage.ts";
import type { Side } from "../storage.ts";
import { notReached } from "../walled.ts";
import { keyOf, readHttpAddress } from "./http-address.ts";
import { type HttpLimits, httpTarget } from "./http-target.ts";
import { sendOut } from "./late-egress.ts";

/** Which servers, and how they are waited for. */
export type HttpStorageOptions = RemoteLimits & {
  readonly policy: EgressPolicy;
  /** Where a redirect may lead; everywhere that the policy allows if absent. */
  readonly reach?: Reach;
};

/**
 * Files behind http and https addresses: a source is fetched into scratch by GET, a target is sent by PUT, or by
 * POST if its scheme is `http+post` or `https+post`.
 *
 * HTTP has no rename: the request itself is the visible step, and whether a reader may see half of it depends on the
 * server. Nor can every server delete: the segments of a replaced set, and those of
 * a set that was not finished, stay, also when a live set has ended. Their names are unique to their attempt, so that no
 * playlist mixes two sets.
 */
export class HttpStorage extends RemoteStorage {
  readonly #options: HttpStorageOptions;

  constructor(options: HttpStorageOptions) {
    const { idleTimeoutMs, trusted, retries, transfer, policy, reach } = options;
    const limitsOf = (side: Side): HttpLimits => ({
      ...{ idleTimeoutMs, trusted, policy },
      ...(reach && { mayFollow: (url) => refuseBeyond(reach[side], url) }),
    });
    const protocol = {
      schemes: ["http", "https", "http+post", "https+post"],
      source: (url: string) => httpSource(url, limitsOf("source")),
      target: (url: string) => httpTarget(url, limitsOf("target")),
    };
    super(protocol, { retries, transfer });
    this.#options = options;
  }

  /**
   * The same storage for a client: redirects may not lead beyond its reach, and its own lists of servers hold as well. The addresses that
   * it is given are judged by `walled`.
   */
  within(reach: Reach): HttpStorage {
    const policy = policyWithin(this.#options.policy, reach.egress);
    return new HttpStorage({ ...this.#options, policy, reach });
  }
}

function refuseBeyond(lists: ReachLists, url: URL): void {
  if (!isReached(lists, keyOf(url))) throw notReached(url.href);
}

function httpSource(shown: string, limits: HttpLimits): RemoteSource {
  const address = readHttpAddress(shown, "source");
  return {
    shown,
    key: keyOf(address),
    path: address.pathname,
    get: (headers, signal) => sendOut(address, { method: "GET", headers, signal, ...limits }),
    sameHeader: "if-range",
    foundIn: ({ url, header }) => {
      const mediaType = header("content-type");
      return { foundAt: url, ...(mediaType !== undefined && { mediaType }) };
    },
    refusal: async ({ status }) => sourceStatus(status, shown),
    failure: (error) => sourceFailure(error, shown),
  };
}
