import { describe, expect, test } from "bun:test";
import { hash } from "node:crypto";
import { readdirSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { anApp, BASE } from "../../fixtures/http-app.ts";

/** What Chromium sends for a page. */
const BROWSER =
  "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

async function ask(path: string, headers: Readonly<Record<string, string>> = {}) {
  const { fetch } = await anApp();
  return fetch(new Request(`${BASE}${path}`, { headers }));
}

const page = async (): Promise<string> => (await ask("/", { Accept: BROWSER })).text();

/** Where all files of the dashboard are. */
const home = async (): Promise<string> => /ui\/[0-9a-f]{16}\//.exec(await page())?.[0] ?? "";

describe("GET /", () => {
  test.each([
    ["nothing", undefined],
    ["what curl sends", "*/*"],
    ["JSON", "application/json"],
    ["JSON rather than HTML", "text/html;q=0.5, application/json"],
  ])("says in JSON what this is to whoever asks for %s", async (_, accept) => {
    const response = await ask("/", accept === undefined ? {} : { Accept: accept });
    expect(response.headers.get("Content-Type")).toBe("application/json;charset=UTF-8");
    expect(response.headers.get("Vary")).toBe("Accept");
    const { name, version, links } = (await response.json()) as {
      name: string;
      version: string;
      links: Record<string, string>;
    };
    expect({ name, version }).toEqual({ name: "pontus", version: "1.2.3" });
    // The calls below the API's own path are signed.
    const paths = Object.entries(links).filter(([link]) => link !== "api");
    for (const [, path] of paths) expect((await ask(path)).status).toBe(200);
    expect(paths.length).toBeGreaterThan(4);
  });

  test("is the dashboard for a browser, which may load nothing from elsewhere", async () => {
    const response = await ask("/", { Accept: BROWSER });
    expect(response.headers.get("Content-Type")).toBe("text/html;charset=UTF-8");
    expect(response.headers.get("Cache-Control")).toBe("no-cache");
    expect(response.headers.get("Vary")).toBe("Accept");
    const html = await response.text();
    const [, map = ""] = /<script type="importmap">(.*?)<\/script>/.exec(html) ?? [];
    const policy = response.headers.get("Content-Security-Policy")?.split("; ") ?? [];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src 'self' 'sha256-${hash("sha256", map, "base64")}'`);
    expect(policy).toContain("require-trusted-types-for 'script'");
    const sources = policy.flatMap((rule) => rule.split(" ").slice(1));
    const known = /^'(none|self|script|sha256-[\w+/=]+)'$|^blob:$/;
    expect(sources.filter((source) => !known.test(source))).toEqual([]);
    expect(html).not.toMatch(/\s(?:style|on\w+)=/);
  });

  test("names only files that are there, each under the digest of all", async () => {
    const html = await page();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
    const mapped = [...html.matchAll(/"(\.\/ui\/[^"]+)"/g)].map(([, path]) => path ?? "");
    for (const path of new Set([...links, ...mapped])) {
      const { pathname } = new URL(path, `${BASE}/`);
      expect(`${pathname} ${(await ask(pathname)).status}`).toBe(`${pathname} 200`);
    }
    expect(new Set(mapped).size).toBeGreaterThan(20);
  });
});

describe("the files of the dashboard", () => {
  test("are kept for ever, and are sent smaller to whoever takes gzip", async () => {
    const path = `/${await home()}app.js`;
    const plain = await ask(path);
    const zipped = await ask(path, { "Accept-Encoding": "br, gzip" });
    for (const response of [plain, zipped]) {
      expect(response.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
      expect(response.headers.get("Content-Type")).toBe("text/javascript;charset=UTF-8");
      expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(response.headers.get("Vary")).toBe("Accept-Encoding");
    }
    expect(plain.headers.get("Content-Encoding")).toBeNull();
    expect(zipped.headers.get("Content-Encoding")).toBe("gzip");
    const bytes = await zipped.bytes();
    const text = await plain.text();
    expect(gunzipSync(bytes).toString()).toBe(text);
    expect(bytes.length).toBeLessThan(text.length / 2);
  });

  test("come as they are to whoever wants no gzip", async () => {
    const response = await ask(`/${await home()}app.js`, { "Accept-Encoding": "br, gzip;q=0" });
    expect(response.headers.get("Content-Encoding")).toBeNull();
  });

  test("are all of src/ui", async () => {
    const at = await home();
    const names = readdirSync("src/ui", { recursive: true, encoding: "utf8" });
    for (const name of names.filter((one) => one.includes(".")))
      expect(`${name} ${(await ask(`/${at}${name}`)).status}`).toBe(`${name} 200`);
  });

  test.each(["package.json", "..%2F..%2Fpackage.json", "%2e%2e/app.js", "preact.mjs"])(
    "are no others: %s",
    async (name) => {
      expect((await ask(`/${await home()}${name}`)).status).toBe(404);
    },
  );

  test("are not found under another digest, so that nobody keeps one under a wrong name", async () => {
    expect((await ask("/ui/0123456789abcdef/app.js")).status).toBe(404);
  });
});
