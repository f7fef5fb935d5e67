import {
  boolean,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { Reach } from "../../../lib/reach.ts";
import type { Profile } from "../../../profile/profile.ts";
import type { Notification } from "../../../task/notification.ts";
import { big, place, word } from "../columns.ts";

/** Clients of the API. Private keys are stored encrypted, not as digests: checking an HMAC needs the key itself. */
export const clients = pgTable(
  "clients",
  {
    clientCode: word("client_code").primaryKey(),
    publicKey: word("public_key").notNull(),
    /** Encrypted if `isSealed`: databases of older builds have it in clear until the next start. */
    privateKey: word("private_key").notNull(),
    isSealed: boolean("is_sealed").notNull().default(false),
    strongOnly: boolean("strong_only").notNull(),
    disabled: boolean().notNull(),
    weight: integer().notNull().default(1),
    /** Null is what the config says. */
    pendingMax: integer("pending_max"),
    runningMax: integer("running_max"),
    requestsPerSecond: integer("requests_per_second"),
    /** Another pair of keys, both null or neither; the private one is encrypted. */
    secondPublicKey: word("second_public_key"),
    secondPrivateKey: word("second_private_key"),
    /** Of its tasks that name no receiver; null is none. */
    notification: json().$type<Notification>(),
    /** What notifications are signed with: one or two, as an encrypted JSON array. */
    webhookSecrets: word("webhook_secrets"),
    /** Null is everything. */
    reach: json().$type<Reach>(),
    admin: boolean().notNull().default(false),
    /** The record that the config had at the last start, encrypted; null if it had none. What the config changes since is applied. */
    seed: word(),
  },
  (table) => [
    uniqueIndex("clients_public_key").on(table.publicKey),
    index("clients_second_public_key").on(table.secondPublicKey),
  ],
);

/** Nonces of authenticated calls. `seq` is their order of arrival, so that the oldest are purged first without another index. */
export const nonces = pgTable(
  "nonces",
  {
    seq: place(),
    clientCode: word("client_code").notNull(),
    nonce: word().notNull(),
    expiresMs: big("expires_ms").notNull(),
  },
  // The nonce comes first, as it is what tells two rows apart.
  (table) => [uniqueIndex("nonces_once").on(table.nonce, table.clientCode)],
);

/** Idempotency keys of creates and the tasks that they made; purged like nonces. */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    seq: place(),
    clientCode: word("client_code").notNull(),
    key: word().notNull(),
    bodyDigest: word("body_digest").notNull(),
    taskId: word("task_id").notNull(),
    expiresMs: big("expires_ms").notNull(),
  },
  (table) => [uniqueIndex("idempotency_keys_once").on(table.clientCode, table.key)],
);

/** The profiles that clients registered. */
export const profiles = pgTable(
  "profiles",
  {
    clientCode: word("client_code").notNull(),
    name: word().notNull(),
    profile: json().$type<Profile>().notNull(),
    createMs: big("create_ms").notNull(),
  },
  (table) => [primaryKey({ columns: [table.clientCode, table.name] })],
);

/**
 * What clients owe for the slots that they were given; who owes nothing has no row. Of each debt as much is forgiven as the row of the
 * empty code says, which is one of no client. Shared by all nodes.
 */
export const turns = pgTable(
  "turns",
  { clientCode: word("client_code").primaryKey(), debt: big("debt").notNull() },
  (table) => [index("turns_debt").on(table.debt)],
);
