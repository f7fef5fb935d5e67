import { expect, test } from "bun:test";
import { rootCertificates } from "node:tls";
import { allTrusted } from "../../src/config/authorities.ts";

test("allTrusted leaves the usual authorities to whoever knows them", async () => {
  expect(await allTrusted([])).toBeUndefined();
});

test("allTrusted adds one's own to the usual ones", async () => {
  expect(await allTrusted(["own"])).toEqual([...rootCertificates, "own"]);
});
