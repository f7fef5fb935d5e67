import { sendOut } from "../../src/net/egress.ts";
import { EgressError } from "../../src/net/egress-error.ts";
import {
  EGRESS_PRESETS,
  type EgressPolicy,
  OPEN_EGRESS,
  policyWithin,
  resolveAllowed,
} from "../../src/net/egress-policy.ts";
import { parseRules } from "../../src/net/egress-rules.ts";
import { ADDRESS_FORMS, type Behind } from "../fixtures/address-forms.ts";
import { aCertificate } from "../fixtures/certificates.ts";
import { type MediaServer, startMediaServer, status } from "../fixtures/media-server.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

const never = new AbortController().signal;

const ALLOWED: Readonly<Record<EgressPolicy["preset"], readonly Behind[]>> = {
  public: ["public"],
  lan: ["public", "private"],
  open: ["public", "private", "special"],
};

/** Whether a host may be connected to, and if not, what its caller is told. */
async function verdict(policy: EgressPolicy, host: string): Promise<string> {
  try {
    const found = await resolveAllowed(policy, host, 80, never);
    return found.length > 0 ? "allowed" : "nothing";
  } catch (error) {
    if (error instanceof EgressError) return error.state;
    throw error;
  }
}

/** What holds for the policy of outgoing connections on every runtime. */
export function egressContract({ describe, test, expect }: Harness): void {
  describe("the presets of egress", () => {
    test("there are 150 forms of addresses and more, none of them twice", () => {
      expect(ADDRESS_FORMS.length).toBeGreaterThan(150);
      expect(new Set(ADDRESS_FORMS.map(([host]) => host)).size).toBe(ADDRESS_FORMS.length);
    });

    for (const preset of EGRESS_PRESETS)
      test(`"${preset}" judges every form by what is behind it`, async () => {
        const policy = { ...OPEN_EGRESS, preset };
        const refused = preset === "open" ? "its host is malformed" : "it is not reachable";
        const verdicts = await Promise.all(
          ADDRESS_FORMS.map(async ([host]) => [host, await verdict(policy, host)]),
        );
        const right = ADDRESS_FORMS.map(([host, behind]) => [
          host,
          ALLOWED[preset].includes(behind) ? "allowed" : refused,
        ]);
        expect(verdicts).toEqual(right);
      });
  });
  describe("the lists of a client", () => {
    const every = ["0.0.0.0/0", "::/0"];
    const isAddress = ([, behind]: (typeof ADDRESS_FORMS)[number]) => behind !== "nothing";
    const addresses = ADDRESS_FORMS.filter(isAddress).map(([host]) => host);
    const verdicts = (policy: EgressPolicy) =>
      Promise.all(addresses.map(async (host) => [host, await verdict(policy, host)]));
    const all = (word: string) => addresses.map((host) => [host, word]);
    const refused = "it is not reachable";

    test("a network that it is denied is refused in every form, though all is open", async () => {
      expect(addresses.length).toBeGreaterThan(150);
      const deny = policyWithin(OPEN_EGRESS, { allow: every, deny: every });
      expect(await verdicts(deny)).toEqual(all(refused));
    });

    test("a network that it is allowed is allowed in every form, unless the service denies it", async () => {
      const within = (policy: Partial<EgressPolicy>) =>
        policyWithin({ ...OPEN_EGRESS, preset: "public", ...policy }, { allow: every });
      expect(await verdicts(within({}))).toEqual(all("allowed"));
      const denying = { deny: parseRules(every.join(" ")) ?? [] };
      expect(await verdicts(within(denying))).toEqual(all(refused));
    });
  });
  connecting({ describe, test, expect });
}

/** A policy that allows what a list says beside the internet. */
const allowing = (list: string): EgressPolicy => ({
  ...OPEN_EGRESS,
  preset: "lan",
  allow: parseRules(list) ?? [],
});

async function ask(
  url: string,
  policy: EgressPolicy,
  trusted?: readonly string[],
): Promise<number | string> {
  const limits = { idleTimeoutMs: 20_000, signal: never, policy, trusted };
  try {
    const answer = await sendOut(new URL(url), { method: "GET", headers: {}, ...limits });
    await Array.fromAsync(answer.chunks());
    return answer.status;
  } catch (error) {
    if (error instanceof EgressError) return `${error.kind}: ${error.state}`;
    throw error;
  }
}

/** Runs a test with a server whose `/a` is there, and its address by name. */
async function withServer(
  use: (server: MediaServer, named: (path: string) => string, port: string) => Promise<void>,
  tls?: Parameters<typeof startMediaServer>[0],
): Promise<void> {
  const server = await startMediaServer(tls);
  server.files.set("/a", Buffer.from("bytes"));
  try {
    const named = (path: string) => server.url(path).replace("127.0.0.1", "localhost");
    await use(server, named, new URL(server.url("/")).port);
  } finally {
    await server.close();
  }
}

const REFUSED = "unreachable: it is not reachable";

function connecting({ describe, test, expect }: Harness): void {
  describe("sendOut() and the policy", () => {
    test("a refused server gets no connection, by address or by name; an allowed one does", () =>
      withServer(async ({ url, asked }, named, port) => {
        expect(await ask(url("/a"), allowing(""))).toBe(REFUSED);
        expect(await ask(named("/a"), allowing(""))).toBe(REFUSED);
        expect(await ask(named("/a"), allowing(`127.0.0.1:${Number(port) ^ 1}`))).toBe(REFUSED);
        expect(asked).toEqual([]);
        expect(await ask(url("/a"), allowing("127.0.0.0/8"))).toBe(200);
        expect(await ask(named("/a"), allowing(`localhost:${port}`))).toBe(200);
        expect(asked.length).toBe(2);
      }));

    test("what is refused, what is closed and what does not exist sound alike", async () => {
      const closed = await startMediaServer();
      await closed.close();
      expect(await ask(closed.url("/a"), allowing("127.0.0.1"))).toBe(REFUSED);
      expect(await ask(closed.url("/a"), allowing(""))).toBe(REFUSED);
      expect(await ask("http://nowhere.invalid/a", allowing(""))).toBe(REFUSED);
      expect(await ask(closed.url("/a"), OPEN_EGRESS)).toBe(
        "unreachable: the connection was refused",
      );
    });

    test("a connection that one policy keeps open is no way round another", () =>
      withServer(async ({ asked }, named) => {
        const generous = allowing("localhost");
        expect(await ask(named("/a"), generous)).toBe(200);
        expect(await ask(named("/a"), OPEN_EGRESS)).toBe(200);
        expect(await ask(named("/a"), allowing(""))).toBe(REFUSED);
        expect(await ask(named("/a"), { ...generous, deny: generous.allow })).toBe(REFUSED);
        expect(asked.length).toBe(2);
      }));

    test("every hop of a redirect is judged", () =>
      withServer(async (first, _, port) => {
        await withServer(async (second, named) => {
          first.next("/to", [status(302, { location: second.url("/a") })]);
          first.next("/name", [status(307, { location: named("/a") })]);
          const policy = allowing(`127.0.0.1:${port}`);
          expect(await ask(first.url("/to"), policy)).toBe(REFUSED);
          expect(await ask(first.url("/name"), policy)).toBe(REFUSED);
          expect(second.asked).toEqual([]);
          first.next("/to", [status(302, { location: second.url("/a") })]);
          expect(await ask(first.url("/to"), allowing("127.0.0.1"))).toBe(200);
        });
      }));

    test("the certificate is that of the name, not of the address that was checked", async () => {
      const ofAddress = aCertificate();
      await withServer(async (_, named) => {
        const told = await ask(named("/a"), allowing("localhost"), [ofAddress.authority]);
        expect(told).toBe("unreachable: no trusted TLS connection can be made");
      }, ofAddress.pair);
      const ofName = aCertificate("DNS:localhost");
      await withServer(async (_, named) => {
        expect(await ask(named("/a"), allowing("localhost"), [ofName.authority])).toBe(200);
        expect(await ask(named("/a"), allowing(""), [ofName.authority])).toBe(REFUSED);
      }, ofName.pair);
    });
  });
}
