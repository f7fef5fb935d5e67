import { describe, expect, test } from "bun:test";
import { authenticate, isKnown, type UnprovenCall } from "../../src/service/authenticate.ts";
import type { Client } from "../../src/store/store.ts";
import { aPlainClient } from "../fixtures/plain-client.ts";
import { type SignedCallOptions, signedRequest } from "../fixtures/signed-client.ts";

const NOW_MS = 1_789_321_321_000;

const aClient = (changes: Partial<Client> = {}): Client =>
  aPlainClient("client1", { publicKey: "pk", privateKey: "s3cr3t-key", ...changes });

/** Authenticates a call that is signed with the right key, before a store that knows one client or none. */
async function outcomeOf(known: Client | undefined, options: SignedCallOptions) {
  let reads = 0;
  const credentials = { client_code: "client1", public_key: "pk", private_key: "s3cr3t-key" };
  const signed = { execTime: String(NOW_MS / 1000), nonce: "7", ...options };
  const { headers, method } = signedRequest(credentials, "http://h/a?b=c", signed);
  const call: UnprovenCall = {
    headers,
    method,
    path: "/a?b=c",
    body: async () => {
      reads += 1;
      return new TextEncoder().encode(String(options.body ?? ""));
    },
  };
  const clients = {
    byPublicKey: async () => known,
  };
  const ports = { clients, now: () => NOW_MS, clockSkewMs: 300_000 };
  const outcome = await authenticate(ports, call).catch(({ code }: { code: string }) => code);
  return { outcome, reads };
}

const refused = "authentication_failed";

describe("authenticate", () => {
  test.each(["sha1", "hmac-sha256"] as const)("knows the client by the %s form", async (form) => {
    const { outcome } = await outcomeOf(aClient({ pendingMax: 5 }), { form, body: "x" });
    expect(outcome).toEqual({
      clientCode: "client1",
      admin: false,
      requestsPerSecond: null,
      pendingMax: 5,
      notification: null,
      webhookSecrets: null,
      reach: null,
      nonce: { clientCode: "client1", nonce: "7", expiresMs: NOW_MS + 600_000 },
    });
  });

  test.each([
    ["no such client", undefined, 0],
    ["another key", aClient({ privateKey: "other" }), 1],
    ["another code", aClient({ clientCode: "client2" }), 0],
    ["a disabled client", aClient({ disabled: true }), 0],
  ])("refuses %s, and reads a body only for whom it knows", async (_, client, reads) => {
    expect(await outcomeOf(client, { form: "sha1" })).toEqual({ outcome: refused, reads: 0 });
    const strong = await outcomeOf(client, { form: "hmac-sha256", body: "x" });
    expect(strong).toEqual({ outcome: refused, reads });
  });

  test.each([
    ["its first pair", { second: { publicKey: "pk2", privateKey: "next" } }, true],
    [
      "its second pair",
      { publicKey: "pk1", privateKey: "x", second: { publicKey: "pk", privateKey: "s3cr3t-key" } },
      true,
    ],
    [
      "a second private key of the same public one",
      { privateKey: "x", second: { publicKey: "pk", privateKey: "s3cr3t-key" } },
      true,
    ],
    [
      "the public key of one pair and the private key of the other",
      { privateKey: "x", second: { publicKey: "pk2", privateKey: "s3cr3t-key" } },
      false,
    ],
    [
      "the same the other way round",
      { publicKey: "pk1", second: { publicKey: "pk", privateKey: "x" } },
      false,
    ],
  ])("a client that signs with %s", async (_, keys, isKnown) => {
    for (const form of ["sha1", "hmac-sha256"] as const) {
      const { outcome } = await outcomeOf(aClient(keys), { form, body: "x" });
      expect(outcome !== refused).toBe(isKnown);
    }
  });

  test("refuses the weak form where the client is to use the strong one", async () => {
    const client = aClient({ strongOnly: true });
    expect((await outcomeOf(client, { form: "sha1" })).outcome).toBe(refused);
    expect((await outcomeOf(client, { form: "hmac-sha256" })).outcome).not.toBe(refused);
  });

  test("judges the time before the client, and reads no body for it", async () => {
    const late = { execTime: "1000000000", form: "hmac-sha256", body: "x" } as const;
    expect(await outcomeOf(aClient(), late)).toEqual({ outcome: "request_expired", reads: 0 });
  });
});

describe("isKnown", () => {
  const { headers } = signedRequest(
    { client_code: "client1", public_key: "pk", private_key: "s3cr3t-key" },
    "http://h/a",
  );
  test.each([
    ["the client as it was", aClient(), true],
    ["one that was disabled", aClient({ disabled: true }), false],
    ["one that has this key no more", undefined, false],
    ["another that has this key by now", aClient({ clientCode: "other" }), false],
  ])("tells by the headers of a call: %s", async (_, client, expected) => {
    expect(await isKnown({ clients: { byPublicKey: async () => client } }, headers)).toBe(expected);
  });

  test("knows nobody without them", async () => {
    const clients = { byPublicKey: async () => aClient() };
    expect(await isKnown({ clients }, new Headers())).toBe(false);
  });
});
