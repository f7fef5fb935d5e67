import { availableParallelism } from "node:os";
import { openClientsAlone } from "../../app/clients-alone.ts";
import type { Environment } from "../../config/config.ts";
import { parseConfig } from "../../config/parse-config.ts";
import { clientAnswer, clientWithKeys, newClientAnswer } from "../../http/admin/admin-answers.ts";
import { reachOf } from "../../service/client-reach.ts";
import { addClient, changeClient, rotateKeys } from "../../service/operate-clients.ts";
import { CliError, EXIT } from "../exit.ts";
import type { ClientSettings, Clients } from "./clients.ts";

const PAGE = 100;

/** Those in the database of a service that does not run, by the same rules. */
export async function clientsOfDatabase(env: Environment): Promise<Clients> {
  const { config } = parseConfig(env, { cores: availableParallelism() });
  const isKept = config.databaseUrl !== undefined;
  if (!isKept && (config.databasePath === ":memory:" || config.disk === "no"))
    throw new CliError(EXIT.usage, "Cannot change clients: this service keeps nothing on a disk");
  const { clients, close } = await openClientsAlone(config);
  // Whoever may write to the database is nobody that could be shut out.
  const nobody = { clientCode: "" };
  return {
    list: async () => {
      const all: unknown[] = [];
      for (let after = ""; ; ) {
        const page = await clients.list(after, PAGE);
        all.push(...page.map(clientAnswer));
        const last = page.at(-1);
        if (!last || page.length < PAGE) return all;
        after = last.clientCode;
      }
    },
    add: async (settings) => newClientAnswer(await addClient(clients, newClient(settings))),
    change: async (code, change) => clientAnswer(await changeClient(clients, nobody, code, change)),
    rotate: async (code, keepOld) => clientWithKeys(await rotateKeys(clients, code, keepOld)),
    close,
  };
}

const newClient = (settings: ClientSettings) => ({
  clientCode: settings.client_code,
  admin: settings.admin ?? false,
  strongOnly: settings.strong_only ?? false,
  weight: settings.weight ?? 1,
  pendingMax: settings.pending_max ?? null,
  runningMax: settings.running_max ?? null,
  requestsPerSecond: settings.requests_per_second ?? null,
  reach: reachOf(settings),
});
