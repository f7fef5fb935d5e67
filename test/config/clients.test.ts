import { expect, test } from "bun:test";
import * as v from "valibot";
import { clientsSchema } from "../../src/config/clients.ts";

const twoClients = (second_public_key: string) =>
  v.safeParse(
    clientsSchema,
    JSON.stringify([
      {
        ...{ client_code: "ada", public_key: "pk-ada", private_key: "of ada" },
        ...{ second_public_key, second_private_key: "next of ada" },
      },
      { client_code: "bob", public_key: "pk-bob", private_key: "of bob" },
    ]),
  );

test("a second pair of keys may have the public key of the first, and of no other client", () => {
  expect(twoClients("pk-ada").success).toBe(true);
  expect(twoClients("pk-bob").issues?.map(({ message }) => message)).toEqual([
    "two clients have the same public_key",
  ]);
});

const SECRETS = [24, 64].map((bytes) => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`);

const receiving = (fields: object) =>
  v.safeParse(
    clientsSchema,
    JSON.stringify({ client_code: "ada", public_key: "pk", private_key: "key", ...fields }),
  );

test("a client may have a receiver of its own, and one or two secrets to tell it with", () => {
  const notification = { url: "https://ada.example/hook/", events: ["ended", "progress"] };
  for (const webhook_secrets of [SECRETS, SECRETS.slice(1)])
    expect(receiving({ webhook_secrets, notification }).output).toMatchObject([
      { webhookSecrets: webhook_secrets, notification },
    ]);
  const { url } = notification;
  expect(receiving({ webhook_secrets: SECRETS, notification: { url } }).output).toMatchObject([
    { notification: { url } },
  ]);
});

test.each([
  [{ notification: { url: "https://ada.example/" } }, "has a notification without webhook_secrets"],
  [{ webhook_secrets: [] }, "must be one, or two"],
  [{ webhook_secrets: [...SECRETS, ...SECRETS] }, "must be one, or two"],
  [{ webhook_secrets: ["whsec_c2hvcnQ="] }, "must be whsec_ and the base64"],
  [{ webhook_secrets: [SECRETS[0]?.slice(6)] }, "must be whsec_ and the base64"],
  [{ webhook_secrets: "whsec_" }, "must be an array of strings"],
  [{ notification: { url: "ftp://ada.example/" } }, "must be an address of http or https"],
  [{ notification: { url: "https://a/", events: ["end"] } }, "must be among created, started"],
  [{ notification: "https://a/" }, 'must be {"url"'],
])("refuses a receiver or secrets that are none: %j", (fields, says) => {
  const messages = receiving({ webhook_secrets: SECRETS, ...fields }).issues?.map(
    ({ message }) => message,
  );
  const alone = receiving(fields).issues?.map(({ message }) => message);
  expect(JSON.stringify(messages ?? alone)).toContain(says.replaceAll('"', '\\"'));
});

test("a client may have a weight and limits of its own, and be an operator", () => {
  const keys = { client_code: "ada", public_key: "pk-ada", private_key: "of ada" };
  const limits = { weight: 3, pending_max: 10, running_max: 0, requests_per_second: 5 };
  const text = JSON.stringify([
    { ...keys, ...limits, admin: true },
    { ...keys, client_code: "bob", public_key: "pk-bob" },
  ]);
  const [ada, bob] = v.parse(clientsSchema, text);
  expect(ada).toMatchObject({ weight: 3, pendingMax: 10, runningMax: 0, requestsPerSecond: 5 });
  expect([ada?.admin, bob?.admin]).toEqual([true, false]);
});
