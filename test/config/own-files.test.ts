import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { chmodSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeDataFolder } from "../../src/config/own-files.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { logged } from "../fixtures/logged.ts";
import { mountReadOnly } from "../fixtures/mounts.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

test("closeDataFolder says what cannot be closed to other users, and closes the rest", async () => {
  const records = await logged();
  const folder = tempFolder();
  const path = join(folder, "pontus.db");
  for (const file of [path, `${path}-wal`]) {
    writeFileSync(file, "");
    // Set, as a mode that is asked for loses what the umask of this process takes, which a service that ran in it has changed.
    chmodSync(file, 0o644);
  }
  chmodSync(folder, 0o755);
  const unmount = mountReadOnly(path);
  if (!unmount) return;
  onTestFinished(unmount);
  closeDataFolder(parseConfig({ PONTUS_DATA_DIR: folder }, { cores: 1 }).config);
  const told = records.map(({ rawMessage, properties }) => [rawMessage, properties["path"]]);
  expect(told).toEqual([["Cannot close {path} to other users: {error}", path]]);
  const modes = [folder, path, `${path}-wal`].map((each) => statSync(each).mode & 0o777);
  expect(modes).toEqual([0o700, 0o644, 0o600]);
});
