import { readFileSync } from "node:fs";
import * as v from "valibot";
import {
  REACH_ENTRIES,
  type ReachEntries,
  reachOf,
  SERVER_ENTRIES,
} from "../service/client-reach.ts";
import { isWebhookSecret, receiverFault } from "../service/notifying/receivers.ts";
import { CLIENT_NAME } from "../service/signature.ts";
import type { Client } from "../store/store.ts";
import { NOTIFIED_TYPES } from "../task/notification.ts";

/** More than a database holds of unfinished tasks, and than a machine answers in a second: the numbers only have to fit. */
const TASKS_MAX = 1_000_000_000;
const REQUESTS_MAX = 1_000_000;

// All messages are our own: valibot's messages quote the input, which may be a private key.
const name = v.pipe(
  v.string("must be a string"),
  v.regex(CLIENT_NAME, "must be 1 to 128 visible ASCII characters"),
);
const flag = v.optional(v.boolean("must be true or false"), false);

/** A whole number in a range. */
const limit = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
};

const plainListOf = ({ isEntry, must }: ReachEntries) =>
  v.array(
    v.pipe(v.string("must be a string"), v.check(isEntry, must)),
    "must be an array of strings",
  );

/** A list for sources and targets alike, or one for each. */
const listOf = (entries: ReachEntries) => {
  const list = plainListOf(entries);
  const sides = v.strictObject({ sources: v.optional(list), targets: v.optional(list) });
  return v.optional(
    v.union([list, sides], `${entries.must}; a list, or {"sources": list, "targets": list}`),
  );
};

/** The fields of a client that say what it may read and write. */
const REACH_FIELDS = {
  roots: listOf(REACH_ENTRIES.roots),
  buckets: listOf(REACH_ENTRIES.buckets),
  hosts: listOf(REACH_ENTRIES.hosts),
  urls: listOf(REACH_ENTRIES.urls),
};

/** Servers that its tasks may connect to beside those that the policy of the service allows, and may not. */
const servers = v.optional(plainListOf(SERVER_ENTRIES));
const EGRESS_FIELDS = { egress_allow: servers, egress_deny: servers };

const privateKey = v.pipe(
  v.string("must be a string"),
  v.minLength(1, "must not be empty"),
  v.maxLength(1024, "must be at most 1024 characters"),
);

const webhookSecrets = v.pipe(
  v.array(
    v.pipe(
      v.string("must be a string"),
      v.check(isWebhookSecret, "must be whsec_ and the base64 of 24 to 64 bytes"),
    ),
    "must be an array of strings",
  ),
  v.check(
    ({ length }) => length === 1 || length === 2,
    "must be one, or two while it is changed from one to the other",
  ),
);

/** Who is told of a client's tasks that name nobody. */
const notification = v.strictObject(
  {
    url: v.pipe(
      v.string("must be a string"),
      v.check(
        (url) => receiverFault(url) === undefined,
        "must be an address of http or https that is well formed",
      ),
    ),
    events: v.optional(
      v.array(
        v.picklist(NOTIFIED_TYPES, `must be among ${NOTIFIED_TYPES.join(", ")}`),
        "must be an array of names of events",
      ),
    ),
  },
  'must be {"url": …, "events"?: […]}',
);

const client = v.strictObject(
  {
    client_code: name,
    public_key: name,
    private_key: privateKey,
    second_public_key: v.optional(name),
    second_private_key: v.optional(privateKey),
    webhook_secrets: v.optional(webhookSecrets),
    notification: v.optional(notification),
    ...REACH_FIELDS,
    ...EGRESS_FIELDS,
    strong_only: flag,
    disabled: flag,
    admin: flag,
    weight: v.optional(limit(1, 1000), 1),
    pending_max: v.optional(limit(0, TASKS_MAX)),
    running_max: v.optional(limit(0, TASKS_MAX)),
    requests_per_second: v.optional(limit(0, REQUESTS_MAX)),
  },
  ({ expected }) =>
    expected === "never"
      ? "is no field of a client"
      : expected === "Object"
        ? "must be an object"
        : "is missing",
);

/** The public keys of a client; a second pair may have the first one's. */
const publicKeysOf = (each: {
  readonly public_key: string;
  readonly second_public_key?: string | undefined;
}): readonly string[] => [...new Set([each.public_key, each.second_public_key ?? each.public_key])];

/** Whether all values differ. */
const isUnique = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** The clients of `PONTUS_CLIENTS`: JSON text or the path of a JSON file, an array or (as in `credentials.json`) one. */
export const clientsSchema = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const isJson = /^\s*[[{]/.test(dataset.value);
    try {
      const parsed: unknown = JSON.parse(
        isJson ? dataset.value : readFileSync(dataset.value, "utf8"),
      );
      return Array.isArray(parsed) ? parsed : [parsed];
    } catch (error) {
      const isSyntax = error instanceof SyntaxError;
      addIssue({ message: isSyntax ? "it is not JSON" : "it names no file that can be read" });
      return NEVER;
    }
  }),
  v.array(
    v.pipe(
      client,
      v.check(
        (each) => each.second_public_key === undefined || each.second_private_key !== undefined,
        "has a second_public_key without a second_private_key",
      ),
      v.check(
        (each) => each.notification === undefined || each.webhook_secrets !== undefined,
        "has a notification without webhook_secrets to sign it with",
      ),
    ),
  ),
  v.check(
    (clients) => isUnique(clients.map((each) => each.client_code)),
    "two clients have the same client_code",
  ),
  v.check(
    (clients) => isUnique(clients.flatMap(publicKeysOf)),
    "two clients have the same public_key",
  ),
  v.transform((clients): readonly Client[] =>
    clients.map((each) => ({
      clientCode: each.client_code,
      publicKey: each.public_key,
      privateKey: each.private_key,
      strongOnly: each.strong_only,
      disabled: each.disabled,
      admin: each.admin,
      weight: each.weight,
      pendingMax: each.pending_max ?? null,
      runningMax: each.running_max ?? null,
      requestsPerSecond: each.requests_per_second ?? null,
      second:
        each.second_private_key === undefined
          ? null
          : {
              publicKey: each.second_public_key ?? each.public_key,
              privateKey: each.second_private_key,
            },
      notification: each.notification ?? null,
      webhookSecrets: each.webhook_secrets ?? null,
      reach: reachOf(each),
    })),
  ),
);
