import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  equalInConstantTime,
  execTimeMs,
  hmacSum,
  parseSignedHeaders,
  sha1Sum,
} from "../../src/service/signature.ts";
import vectors from "./checksum-vectors.json";

const aHeaders = (changes: Record<string, string | undefined> = {}): Headers => {
  const all = {
    apiPublicKey: "pk1",
    apiClientCode: "client1",
    apiNonce: "938219048",
    apiExecTime: "1789321321",
    apiCheckSum: "a5678740b2c55be0456ac2c220ea4a0d6dac2ba7",
    ...changes,
  };
  const headers = new Headers();
  for (const [name, value] of Object.entries(all))
    if (value !== undefined) headers.set(name, value);
  return headers;
};

describe("sha1Sum and hmacSum", () => {
  test.each(vectors)(
    "agree with the contract's vector of $apiNonce at $apiExecTime ($form)",
    (vector) => {
      const signed = {
        nonce: vector.apiNonce,
        clientCode: vector.apiClientCode,
        execTime: vector.apiExecTime,
      };
      const body = new TextEncoder().encode(vector.body ?? "");
      const sum =
        vector.form === "sha1"
          ? sha1Sum(vector.private_key, signed)
          : hmacSum(vector.private_key, signed, {
              method: vector.method ?? "",
              path: vector.path ?? "",
              body,
            });
      expect(sum).toBe(vector.apiCheckSum);
    },
  );

  test("the strong form changes with method, path and body", () => {
    const signed = { nonce: "1", clientCode: "c", execTime: "1789321321" };
    const body = new Uint8Array([1]);
    const sums = [
      hmacSum("k", signed, { method: "GET", path: "/a", body }),
      hmacSum("k", signed, { method: "POST", path: "/a", body }),
      hmacSum("k", signed, { method: "GET", path: "/b", body }),
      hmacSum("k", signed, { method: "GET", path: "/a", body: new Uint8Array([2]) }),
    ];
    expect(new Set(sums).size).toBe(4);
  });
});

describe("parseSignedHeaders", () => {
  test("tells the two forms apart by the length of the sum", () => {
    expect(parseSignedHeaders(aHeaders())?.form).toBe("sha1");
    const strong = aHeaders({ apiCheckSum: "0".repeat(64) });
    expect(parseSignedHeaders(strong)?.form).toBe("hmac-sha256");
  });

  test.each([
    ["no key", { apiPublicKey: undefined }],
    ["no code", { apiClientCode: undefined }],
    ["no nonce", { apiNonce: undefined }],
    ["no time", { apiExecTime: undefined }],
    ["no sum", { apiCheckSum: undefined }],
    ["a nonce of 65 digits", { apiNonce: "1".repeat(65) }],
    ["a nonce with a letter", { apiNonce: "12a" }],
    ["a nonce with a sign", { apiNonce: "-12" }],
    ["a time of letters", { apiExecTime: "abcdefghij" }],
    ["a time of 11 digits", { apiExecTime: "1".repeat(11) }],
    ["a time of 18 digits", { apiExecTime: "1".repeat(18) }],
    ["a sum in capitals", { apiCheckSum: "A".repeat(40) }],
    ["a sum of 41 digits", { apiCheckSum: "a".repeat(41) }],
    ["a key with a space", { apiPublicKey: "a b" }],
    ["a code of 64 KiB", { apiClientCode: "a".repeat(65_536) }],
    ["a code beyond ASCII", { apiClientCode: "clié" }],
  ])("refuses %s", (_, changes) => {
    expect(parseSignedHeaders(aHeaders(changes))).toBeUndefined();
  });

  test("accepts a header exactly where its pattern holds, and never throws", () => {
    const anything = fc.oneof(
      fc.string({ unit: "binary-ascii" }),
      fc.stringMatching(/^[0-9]{1,70}$/),
      fc.stringMatching(/^[0-9a-f]{38,66}$/),
    );
    fc.assert(
      fc.property(anything, anything, anything, (nonce, time, sum) => {
        let headers: Headers;
        try {
          headers = aHeaders({ apiNonce: nonce, apiExecTime: time, apiCheckSum: sum });
        } catch {
          return;
        }
        const isRight =
          /^[0-9]{1,64}$/.test(headers.get("apiNonce") ?? "") &&
          /^[0-9]+$/.test(headers.get("apiExecTime") ?? "") &&
          [10, 13, 16, 17].includes(headers.get("apiExecTime")?.length ?? 0) &&
          /^[0-9a-f]+$/.test(headers.get("apiCheckSum") ?? "") &&
          [40, 64].includes(headers.get("apiCheckSum")?.length ?? 0);
        expect(parseSignedHeaders(headers) !== undefined).toBe(isRight);
      }),
      { numRuns: 500 },
    );
  });
});

describe("execTimeMs", () => {
  test.each([
    ["1789321321", 1789321321000],
    ["1789321321321", 1789321321321],
    ["1789321321321999", 1789321321321],
    ["17893213213213213", 1789321321321],
  ])("reads %s", (text, ms) => {
    expect(execTimeMs(text)).toBe(ms);
  });
});

describe("equalInConstantTime", () => {
  test("is equality", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(equalInConstantTime(a, a)).toBeTrue();
        expect(equalInConstantTime(a, b)).toBe(a === b);
      }),
    );
  });

  test("is that of texts of any length and alphabet, whatever was compared before", () => {
    const text = fc.string({ unit: "binary", maxLength: 300 });
    fc.assert(
      fc.property(text, text, fc.nat(), (a, b, at) => {
        expect(equalInConstantTime(b, a)).toBe(a === b);
        expect(equalInConstantTime(a, a)).toBeTrue();
        const place = at % (a.length + 1);
        const other = `${a.slice(0, place)}\0${a.slice(place + 1)}`;
        expect(equalInConstantTime(a, other)).toBe(a === other);
      }),
    );
  });
});
