import { randomBytes } from "node:crypto";
import type { Client, ClientStore, KeyPair } from "../store/store.ts";
import { TaskError } from "../task/errors.ts";
import type { Caller } from "./authenticate.ts";

/** What calls of operators need of the store of clients. */
export type OperatedClients = Pick<ClientStore, "add" | "change" | "list">;

/** A new client; keys that are absent are made. */
export type NewClient = Omit<
  Client,
  "publicKey" | "privateKey" | "second" | "disabled" | "notification" | "webhookSecrets"
> &
  Partial<KeyPair>;

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
  >
> & {
  /** Null: the second pair of keys is valid no more. */
  readonly second?: null;
};

const newKeys = (): KeyPair => ({
  publicKey: randomBytes(16).toString("hex"),
  privateKey: randomBytes(32).toString("hex"),
});

/** Adds a client. @returns it with its keys, which nobody is told again @throws {TaskError} `client_exists` */
export async function addClient(clients: OperatedClients, request: NewClient): Promise<Client> {
  const client: Client = {
    ...newKeys(),
    ...request,
    second: null,
    disabled: false,
    notification: null,
    webhookSecrets: null,
  };
  await clients.add(client);
  return client;
}

/**
 * Changes a client, at once for this service and within a second for others on its database.
 *
 * @throws {TaskError} `no_such_client`; `access_denied` if operators shut themselves out, as the last of them could
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
  return clients.change(clientCode, (client) => ({ ...client, ...change }));
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
