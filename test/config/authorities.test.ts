import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { allTrusted, writeAuthorities } from "../../src/config/authorities.ts";
import { aCertificate } from "../fixtures/certificates.ts";
import { tempFolder } from "../fixtures/clips.ts";

setDefaultTimeout(60_000);

describe("allTrusted", () => {
  test("leaves the usual authorities to whoever knows them", async () => {
    expect(await allTrusted([])).toBeUndefined();
  });
});

describe("writeAuthorities", () => {
  test("writes nothing where only the usual authorities are trusted", async () => {
    const dataFolder = tempFolder();
    expect(await writeAuthorities({ moreTrusted: [], dataFolder })).toBeUndefined();
    expect(readdirSync(dataFolder)).toEqual([]);
  });

  test("writes one's own beside the usual ones, into one file", async () => {
    const dataFolder = tempFolder();
    const { authority } = aCertificate();
    const path = await writeAuthorities({ moreTrusted: [authority.trim()], dataFolder });
    expect(path).toBe(join(dataFolder, "authorities.pem"));
    const text = readFileSync(path ?? "", "utf8");
    expect(text).toContain(authority.trim());
    expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(rootCertificates.length + 1);
    expect(readdirSync(dataFolder)).toEqual(["authorities.pem"]);
  });
});
