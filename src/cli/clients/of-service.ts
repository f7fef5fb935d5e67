import * as v from "valibot";
import { type ServiceCalls, understood } from "../calls/service-calls.ts";
import type { Clients } from "./clients.ts";

const PAGE = 100;
const page = v.object({ clients: v.array(v.unknown()), next_cursor: v.optional(v.string()) });

/** Those of a service, by its calls for operators. */
export function clientsOfService(calls: ServiceCalls): Clients {
  const at = (code: string, verb = "") => `/admin/clients/${encodeURIComponent(code)}${verb}`;
  return {
    list: async () => {
      const all: unknown[] = [];
      let cursor: string | undefined;
      do {
        const asked = new URLSearchParams({ limit: String(PAGE), ...(cursor && { cursor }) });
        const read = understood(page, await calls.call(`/admin/clients?${asked}`));
        all.push(...read.clients);
        cursor = read.next_cursor;
      } while (cursor !== undefined);
      return all;
    },
    add: (body) => calls.call("/admin/clients", { body }),
    change: (code, body) => calls.call(at(code), { method: "PATCH", body }),
    rotate: (code, keepOld) => calls.call(at(code, "/rotate"), { body: { keep_old: keepOld } }),
    close: () => {},
  };
}
