import { expect, test } from "bun:test";
import { KeySeal } from "../../src/store/key-seal.ts";
import { SealedMediaKeys } from "../../src/store/keys/media-keys.ts";
import { segmentKeys } from "../../src/worker/segment-keys.ts";

const keysOf = (secret: number) => new SealedMediaKeys(new KeySeal(Buffer.alloc(32, secret)));
const TASK = { id: "t-1", clientCode: "ada" };
const WAY = { method: "aes-128", keyUrl: "/{task_id}/{key}" } as const;
const GIVEN = "00112233445566778899aabbccddeeff";

test("made keys are the same each time, and others of each task, number and secret key", () => {
  const { keyOf, idOf, addressOf } = segmentKeys(TASK, keysOf(1))(WAY);
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  expect(hex(keyOf(0))).toMatch(/^[0-9a-f]{32}$/);
  expect(addressOf("/{task_id}/{key}", 3)).toBe("/t-1/3");
  expect(idOf(0)).toMatch(/^[0-9a-f]{32}$/);
  expect(addressOf("/{key_id}", 0)).toBe(`/${idOf(0)}`);
  expect(new Set([idOf(0), idOf(1), hex(keyOf(0)), hex(keyOf(1))]).size).toBe(4);
  const again = segmentKeys(TASK, keysOf(1))(WAY).keyOf(0);
  expect(hex(again)).toBe(hex(keyOf(0)));
  const others = [
    keyOf(1),
    segmentKeys({ ...TASK, id: "t-2" }, keysOf(1))(WAY).keyOf(0),
    segmentKeys(TASK, keysOf(2))(WAY).keyOf(0),
  ];
  expect(new Set([keyOf(0), ...others].map(hex)).size).toBe(4);
});

test("a given key opens for its client under its secret key alone", () => {
  const sealedKey = keysOf(1).close(GIVEN, "ada");
  expect(Buffer.from(sealedKey, "base64").toString("latin1")).not.toContain(GIVEN);
  const { keyOf } = segmentKeys(TASK, keysOf(1))({ ...WAY, sealedKey });
  expect(Buffer.from(keyOf(7)).toString("hex")).toBe(GIVEN);
  for (const [task, secret] of [
    [TASK, 2],
    [{ ...TASK, clientCode: "bob" }, 1],
  ] as const)
    expect(() => segmentKeys(task, keysOf(secret))({ ...WAY, sealedKey })).toThrow(
      "stored under another secret key",
    );
});

test("a given key is known by the id that was given with it", () => {
  const sealedKey = keysOf(1).close(GIVEN, "ada");
  const keyId = "ffeeddccbbaa99887766554433221100";
  const { idOf, addressOf } = segmentKeys(TASK, keysOf(1))({ method: "cbcs", sealedKey, keyId });
  expect(idOf(0)).toBe(keyId);
  expect(addressOf("skd://{key_id}", 0)).toBe(`skd://${keyId}`);
});
