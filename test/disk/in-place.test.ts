import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, copyFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { watchFiles } from "../../src/disk/in-place.ts";
import { tempFolder } from "../fixtures/clips.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

function aFile() {
  const path = join(tempFolder(), "tasks.sqlite");
  writeFileSync(path, "1");
  return { path, lack: watchFiles([{ name: "the database file", path }]) };
}

describe("watchFiles", () => {
  test("finds nothing wrong while a file is in place, whatever is written", () => {
    const { path, lack } = aFile();
    appendFileSync(path, "2");
    expect(lack()).toBeUndefined();
  });

  test("says that a file was deleted, until it is back", () => {
    const { path, lack } = aFile();
    renameSync(path, `${path}.away`);
    expect(lack()).toBe("the database file was deleted while it was open");
    renameSync(`${path}.away`, path);
    expect(lack()).toBeUndefined();
  });

  test("says that a file was replaced, if only by its copy", () => {
    const { path, lack } = aFile();
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
    expect(lack()).toBe("the database file was replaced while it was open");
  });

  test("looks at each of several files, and not at one that never was", () => {
    const { path } = aFile();
    const log = `${path}-wal`;
    writeFileSync(log, "1");
    const lack = watchFiles([
      { name: "none", path: `${path}-none` },
      { name: "the file", path },
      { name: "the log", path: log },
    ]);
    expect(lack()).toBeUndefined();
    rmSync(log);
    expect(lack()).toBe("the log was deleted while it was open");
  });
});
