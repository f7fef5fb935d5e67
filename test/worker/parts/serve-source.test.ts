import { expect, test } from "bun:test";
import { serveSource } from "../../../src/worker/parts/serve-source.ts";

const BYTES = Uint8Array.from({ length: 5_000 }, (_, at) => at % 251);

/** A source of these bytes, given in small pieces of a buffer that is used again. */
function aSource() {
  const buffer = new Uint8Array(700);
  return {
    sizeBytes: BYTES.length,
    read: async (position: number, length: number) => {
      const piece = BYTES.subarray(position, position + Math.min(length, buffer.length));
      buffer.set(piece);
      return buffer.subarray(0, piece.length);
    },
  };
}

const bodyOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

test("a source is given whole and by ranges, at its own address alone", async () => {
  const served = await serveSource(aSource());
  try {
    expect(await bodyOf(await fetch(served.url))).toEqual(BYTES);
    for (const [range, from, end] of [
      ["bytes=0-", 0, 5_000],
      ["bytes=1234-", 1_234, 5_000],
      ["bytes=100-2099", 100, 2_100],
      ["bytes=4999-9999", 4_999, 5_000],
    ] as const) {
      const response = await fetch(served.url, { headers: { range } });
      expect(response.status).toBe(206);
      expect(response.headers.get("content-range")).toBe(`bytes ${from}-${end - 1}/5000`);
      expect(await bodyOf(response)).toEqual(BYTES.slice(from, end));
    }
    expect((await fetch(served.url, { headers: { range: "bytes=5000-" } })).status).toBe(416);
    expect((await fetch(new URL("/other", served.url))).status).toBe(404);
    expect((await fetch(served.url, { method: "PUT", body: "x" })).status).toBe(404);
    expect(served.failure()).toBeUndefined();
  } finally {
    await served.close();
  }
  await expect(fetch(served.url)).rejects.toThrow();
});

test("why a source could not be read is told to whoever gave it", async () => {
  const why = new Error("it changed while it was read");
  const served = await serveSource({
    sizeBytes: 10,
    read: async () => {
      throw why;
    },
  });
  await fetch(served.url)
    .then(bodyOf)
    .catch(() => {});
  expect(served.failure()).toBe(why);
  await served.close();
});
