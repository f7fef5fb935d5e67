import { describe, expect, test } from "bun:test";
import { anApp, BASE, refusalOf } from "../fixtures/http-app.ts";

const checks = { engine: { ok: false, detail: "no ffmpeg was found" } };

describe("/healthz", () => {
  test("answers unsigned with the version", async () => {
    const { fetch } = await anApp();
    const response = await fetch(new Request(`${BASE}/healthz`));
    expect(await response.json()).toEqual({ status: "ok", version: "1.2.3" });
    expect(response.headers.get("Cache-Control")).toBe("no-cache");
  });
});

describe("/readyz", () => {
  test.each([
    [true, 200],
    [false, 503],
  ])("with ready %p is %i", async (ready, status) => {
    const { fetch } = await anApp({ readiness: async () => ({ ready, checks }) });
    const response = await fetch(new Request(`${BASE}/readyz`));
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ ready, checks });
  });

  test("tells nothing of a check that breaks", async () => {
    const readiness = () => Promise.reject(new Error("the inside"));
    const { fetch } = await anApp({ readiness });
    const response = await fetch(new Request(`${BASE}/readyz`));
    expect(await refusalOf(response)).toBe("500 InternalError");
  });
});
