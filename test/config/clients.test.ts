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
