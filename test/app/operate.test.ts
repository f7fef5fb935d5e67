import { expect, test } from "bun:test";
import { operate } from "../../src/app/operate.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";

test("operate() refuses calls on files where there is no disk for them", () => {
  const bench = sqliteBench();
  const parts = {
    ...bench,
    overview: () => Promise.reject(new Error("nobody looks")),
    intake: { isOpen: () => true },
    storages: [],
    storagesOf: () => [],
    disk: { roomIn: async () => 0 },
    now: () => 0,
  };
  const made = (mediaApi: string) => () =>
    operate(
      parseConfig({ PONTUS_MEDIA_API: mediaApi }, { cores: 1 }).config,
      parts,
      () => undefined,
    );
  expect(made("yes")).toThrow('Cannot use PONTUS_MEDIA_API "yes": there is no disk');
  expect(made("no")()).not.toHaveProperty("media");
  bench.database.close();
});
