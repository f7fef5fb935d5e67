import { randomBytes } from "node:crypto";
import type { Client, ClientStore, KeyPair } from "../store/store.ts";
import { TaskError } from "../task/errors.ts";
import type { Caller } from "./authenticate.ts";
import { receiverFault } from "./notifying/receivers.ts";

/** What calls of operators need of the store of clients. */
export type OperatedClients = Pick<ClientStore, "add" | "change" | "list">;

/** A new client; keys and secrets that are absent are made. */
export type NewClient = Omit<
  Client,
  "publicKey" | "privateKey" | "second" | "disabled" | "notification" | "webhookSecrets"
> &
  Partial<KeyPair & Pick<Client, "notification" | "webhookSecrets">>;

/** What of a client can be changed; what is absent stays as it is. */
export type ClientChange = Partial<
  Pick<
    Client,
    | "admin"
    | "disabled"
    | "strongOnly"
    | "weight"
    | "pendingMax"
    | "runningMax"
    | "requestsPerSecond"
    | "notification"
    | "webhookSecrets"
  >
> & {
  /** Null: the second pair of keys is valid no more. */
  readonly second?: null;
};

const newKeys = (): KeyPair => ({
  publicKey: randomBytes(16).toString("hex"),
  privateKey: randomBytes(32).toString("hex"),
});

const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

/** @throws {TaskError} `invalid_parameter` unless the receiver of a client can be told, if it has one */
function insistReceiver({ notification, webhookSecrets }: Client): void {
  if (!notification) return;
  const fault = receiverFault(notification.url);
  const message = fault ?? "there are no webhook_secrets that it could be signed with";
  if (fault === undefined && webhookSecrets) return;
  throw new TaskError("invalid_parameter", `Cannot notify the receiver of a client: ${message}`, {
    fields: [{ path: fault === undefined ? "notification" : "notification.url", message }],
  });
}

/**
 * Adds a client.
 *
 * @returns it with its keys, which nobody is told again
 * @throws {TaskError} `client_exists`; `invalid_parameter` for a receiver that cannot be told
 */
export async function addClient(clients: OperatedClients, request: NewClient): Promise<Client> {
  const client: Client = {
    ...newKeys(),
    ...request,
    webhookSecrets: request.webhookSecrets === undefined ? [newSecret()] : request.webhookSecrets,
    notification: request.notification ?? null,
    second: null,
    disabled: false,
  };
  insistReceiver(client);
  await clients.add(client);
  return client;
}

/**
 * Changes a client, at once for this service and within a second for others on its database.
 *
 * @throws {TaskError} `no_such_client`; `invalid_parameter` for a receiver that cannot be told; `access_denied` if operators shut themselves out, as the last of them could
 */
export async function changeClient(
  clients: OperatedClients,
  { clientCode: own }: Pick<Caller, "clientCode">,
  clientCode: string,
  change: ClientChange,
): Promise<Client> {
  if (clientCode === own && (change.disabled === true || change.admin === false))
    throw new TaskError(
      "access_denied",
      `Cannot change client "${clientCode}": it is the caller itself, which would be shut out`,
    );
  return clients.change(clientCode, (client) => {
    const changed = { ...client, ...change };
    insistReceiver(changed);
    return changed;
  });
}

/**
 * Gives a client a new pair of keys. The pair that it has stays valid as its second one, in the place of another, so that the client can
 * change from one to the other without a pause.
 *
 * @param keepOld - whether it does; a pair that others have got hold of does not
 * @throws {TaskError} `no_such_client`
 */
export function rotateKeys(
  clients: OperatedClients,
  clientCode: string,
  keepOld: boolean,
): Promise<Client> {
  const keys = newKeys();
  return clients.change(clientCode, (client) => {
    const { publicKey, privateKey } = client;
    return { ...client, ...keys, second: keepOld ? { publicKey, privateKey } : null };
  });
}
