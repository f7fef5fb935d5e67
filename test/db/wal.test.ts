import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSqlite } from "../../src/db/sqlite.bun.ts";
import { findWalLoss } from "../../src/db/wal.ts";
import { tempFolder } from "../fixtures/clips.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const HEADER = 32;
const PAGE = 4096;
const FRAME = 24 + PAGE;

const undo: (() => void)[] = [];

afterEach(() => {
  for (const step of undo.splice(0)) step();
});

/** The log of a database that was never closed, with so many commits of one page each, and a way to count what is recovered of it. */
function aLog(
  commits: number,
  before: (run: (sql: string) => void) => void = () => {},
  after: readonly string[] = [],
) {
  const path = join(tempFolder(), "live.sqlite");
  const live = openSqlite(path);
  undo.push(() => live.close());
  live.execute(`PRAGMA page_size = ${PAGE}`);
  live.execute("PRAGMA journal_mode = WAL");
  live.execute("CREATE TABLE t (n INTEGER)");
  before(live.execute);
  live.execute("PRAGMA wal_checkpoint(RESTART)");
  for (let n = 1; n <= commits; n += 1) live.execute(`INSERT INTO t VALUES (${n})`);
  for (const sql of after) live.execute(sql);
  const copy = join(tempFolder(), "copy.sqlite");
  copyFileSync(path, copy);
  const log = readFileSync(`${path}-wal`);
  /** Writes the log beside the copy, finds its loss, and then has SQLite recover it. */
  const tried = async (bytes: Uint8Array) => {
    writeFileSync(`${copy}-wal`, bytes);
    const loss = await findWalLoss(copy);
    const opened = openSqlite(copy);
    undo.push(() => opened.close());
    return { loss, recovered: opened.value("SELECT count(*) FROM t") };
  };
  return { log, tried };
}

/** Spoils one byte of the page of a frame, counted from 0. */
function spoiled(log: Uint8Array, frame: number, at = 24 + 100): Uint8Array {
  const bytes = Uint8Array.from(log);
  const place = HEADER + frame * FRAME + at;
  bytes[place] = (bytes[place] ?? 0) ^ 0xff;
  return bytes;
}

describe("findWalLoss", () => {
  test("finds nothing in a log that is whole, and SQLite takes all of it", async () => {
    const { log, tried } = aLog(10);
    expect(await tried(log)).toEqual({ loss: undefined, recovered: 10 });
  });

  test("counts what SQLite leaves out: from the first damaged frame on", async () => {
    const { log, tried } = aLog(10);
    expect(await tried(spoiled(log, 6))).toEqual({
      loss: { frames: 4, commits: 4 },
      recovered: 6,
    });
  });

  test("counts a frame whose own salts are damaged not, but what follows it", async () => {
    const { log, tried } = aLog(10);
    expect(await tried(spoiled(log, 6, 8))).toEqual({
      loss: { frames: 3, commits: 3 },
      recovered: 6,
    });
  });

  test("finds no loss where a crash has cut off the last frame", async () => {
    const { log, tried } = aLog(10);
    expect(await tried(log.subarray(0, log.length - 100))).toEqual({
      loss: undefined,
      recovered: 9,
    });
    expect(await tried(spoiled(log, 9))).toMatchObject({ loss: undefined });
  });

  test("takes what an earlier use has left in the file for no loss", async () => {
    const { log, tried } = aLog(3, (run) => {
      for (let n = 0; n < 20; n += 1) run("INSERT INTO t VALUES (0)");
    });
    expect(log.length).toBeGreaterThan(HEADER + 20 * FRAME);
    expect(await tried(log)).toEqual({ loss: undefined, recovered: 23 });
    expect((await tried(spoiled(log, 0))).loss).toEqual({ frames: 3, commits: 3 });
  });

  test("counts the pages of a transaction, and its commit once", async () => {
    const { log, tried } = aLog(2, undefined, ["INSERT INTO t VALUES (zeroblob(20000))"]);
    const frames = (log.length - HEADER) / FRAME;
    expect(frames).toBeGreaterThan(5);
    expect(await tried(spoiled(log, 1))).toEqual({
      loss: { frames: frames - 1, commits: 2 },
      recovered: 1,
    });
  });

  test("says that all is left out where the header is damaged", async () => {
    const { log, tried } = aLog(10);
    const bytes = Uint8Array.from(log);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    expect(await tried(bytes)).toEqual({ loss: "all", recovered: 0 });
    expect(await tried(new Uint8Array(HEADER + FRAME))).toEqual({ loss: "all", recovered: 0 });
  });

  test("finds nothing where there is no log, or an empty one", async () => {
    expect(await findWalLoss(join(tempFolder(), "none.sqlite"))).toBeUndefined();
    const { tried } = aLog(1);
    expect(await tried(new Uint8Array())).toMatchObject({ loss: undefined });
  });

  test("reads sums of big-endian words, which SQLite makes on other machines, and pages of the largest size", async () => {
    const [salts, frameBytes] = [[7, 8], 24 + 65_536];
    const log = new DataView(new ArrayBuffer(HEADER + 3 * frameBytes));
    let sums: readonly [number, number] = [0, 0];
    const write = (at: number, words: readonly number[]) => {
      for (const [index, word] of words.entries()) log.setUint32(at + index * 4, word);
    };
    const add = (from: number, to: number) => {
      let [a, b] = sums;
      for (let at = from; at < to; at += 8) {
        a = (a + log.getUint32(at) + b) >>> 0;
        b = (b + log.getUint32(at + 4) + a) >>> 0;
      }
      sums = [a, b];
    };
    // That size is written as 1.
    write(0, [0x377f0683, 3_007_000, 1, 0, ...salts]);
    add(0, 24);
    write(24, sums);
    for (let frame = 0; frame < 3; frame += 1)
      write(HEADER + frame * frameBytes, [frame + 1, frame + 1, ...salts]);
    write(HEADER + 24 + 96, [1, 2]);
    add(HEADER, HEADER + 8);
    add(HEADER + 24, HEADER + frameBytes);
    write(HEADER + 16, sums);
    const path = join(tempFolder(), "other.sqlite");
    writeFileSync(`${path}-wal`, new Uint8Array(log.buffer));
    // The first frame is right.
    expect(await findWalLoss(path)).toEqual({ frames: 2, commits: 2 });
  });
});
