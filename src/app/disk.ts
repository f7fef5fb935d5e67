import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { getLogger } from "@logtape/logtape";
import { type Config, ConfigError } from "../config/config.ts";
import { closeDataFolder, keepToOwner } from "../config/own-files.ts";
import { using } from "../config/using.ts";
import { isFull } from "../db/sqlite-errors.ts";
import { findWalLoss } from "../db/wal.ts";
import { inMib, roomIn, roomToFetch, spaceOf } from "../disk/disk.ts";
import { watchFiles } from "../disk/in-place.ts";
import { type DiskReport, type Place, reportDisks } from "../disk/report.ts";
import { Reserve } from "../disk/reserve.ts";
import { errnoOf } from "../lib/errno-of.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { Intake, type Standings } from "../service/intake.ts";
import type { WorkDisk } from "../worker/run-ports.ts";

const log = getLogger(["pontus"]);

/** After this a half-written end of a log is a whole one. */
const REREAD_MS = 50;
/** How often the disks and the files of the database are looked at. */
const LOOK_MS = 1_000;

/** The disks that the service writes to. */
export type Disks = {
  /** The operator's, for what is delivered; undefined if the process has it still. */
  readonly umask: number | undefined;
  /** What runs may write. */
  readonly work: WorkDisk;
  /** Makes room for the store. @returns whether there is some now */
  readonly makeRoom: () => boolean;
  /** How full they are. */
  readonly report: () => Promise<DiskReport>;
  /** Keeps space for the store while there is enough. */
  readonly fillReserve: () => Promise<void>;
};

/** Settles whether files may be written; where not, the database is in memory, which is said in the log. */
export function settleDisk(config: Config, runtime: Runtime): Config {
  const { disk, dataFolder, databaseUrl } = config;
  if (disk === "yes" || (disk === "auto" && runtime.mayWrite(dataFolder)))
    return { ...config, disk: "yes" };
  if (databaseUrl !== undefined) return { ...config, disk: "no" };
  const why =
    disk === "no" ? "PONTUS_DISK says so" : `Deno needs --allow-write=${dataFolder} for one`;
  log.warn("There is no disk, as {why}: tasks are kept in memory and are gone when it stops", {
    why,
  });
  return { ...config, disk: "no", databasePath: ":memory:" };
}

/** Makes the data folder, closes it to other users, and where its disk has little room, empties the scratch of the dead: the database may need that to open. */
export async function prepareDisks(config: Config, holdFile: Runtime["holdFile"]): Promise<Disks> {
  const { disk, dataFolder, databasePath, freeBytesMin } = config;
  const work: WorkDisk = {
    roomIn: (folder) => roomIn(folder, freeBytesMin),
    roomToFetch: (folder) => roomToFetch(folder, freeBytesMin),
  };
  const umask = disk === "yes" ? keepToOwner() : undefined;
  const places = disk === "yes" ? placesOf(config) : [];
  const report = () => reportDisks(places, freeBytesMin);
  if (disk === "yes") {
    await using("dataFolder", dataFolder, () => closeDataFolder(config));
    // Only then: a start that has enough room answers first, and clears up after that.
    if ((await report()).state !== "ample") await emptyScratch(config, holdFile);
  }
  const reserve = databasePath === ":memory:" ? undefined : new Reserve(reserveOf(databasePath));
  return {
    umask,
    work,
    report,
    makeRoom: () => reserve?.release() ?? false,
    fillReserve: async () => reserve?.fill(freeBytesMin),
  };
}

/** Says in the log what a database that is about to be opened has lost of its own, as far as SQLite leaves that to be seen. */
export async function tellWalLoss(path: string): Promise<void> {
  if (path === ":memory:") return;
  const loss = await findWalLoss(path);
  if (loss === undefined) return;
  // Another service may write to it: then what was half written is whole by now.
  await sleep(REREAD_MS);
  if (!isDeepStrictEqual(await findWalLoss(path), loss)) return;
  const what =
    loss === "all"
      ? "all its commits"
      : `its last ${loss.commits} commits, of ${loss.frames} pages,`;
  log.error(
    "The log of the database {path} is damaged: {what} cannot be read and are dropped, so that what was written last is missing",
    { path, what },
  );
}

/** Runs a step of the start that writes to the database. @throws {ConfigError} that names the folder whose disk is full */
export async function namingFullDisk<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!isFull(error) && errnoOf(error) !== "ENOSPC") throw error;
    const folder = dirname(path);
    const space = await spaceOf(folder);
    const free = space ? `, ${inMib(space.freeBytes)} of ${inMib(space.totalBytes)} are free` : "";
    throw new ConfigError([`Cannot write to the folder "${folder}": its disk is full${free}`]);
  }
}

/** The file beside a database that holds space for it. */
export const reserveOf = (databasePath: string): string => `${databasePath}-reserve`;

function placesOf({ dataFolder, databasePath }: Config): readonly Place[] {
  const data = { name: "the data folder", path: dataFolder };
  const folder = dirname(databasePath);
  if (databasePath === ":memory:" || folder === dataFolder) return [data];
  return [data, { name: "the database", path: folder }];
}

async function emptyScratch(
  { dataFolder, stopGraceMs, keepEncodeMs: keepMs, keepEncodeBytesMax: bytesMax }: Config,
  holdFile: Runtime["holdFile"],
): Promise<void> {
  const [{ emptyDead }, { KeptEncodes }, { endOrphansBelow }] = await Promise.all([
    import("../worker/instance.ts"),
    import("../worker/file/kept-encodes.ts"),
    import("../engine/process/orphans.ts"),
  ]);
  await emptyDead(join(dataFolder, "scratch"), {
    holdFile,
    kept: new KeptEncodes(join(dataFolder, "kept"), { keepMs, bytesMax }, Date.now),
    engine: { endOrphans: (folder) => endOrphansBelow(folder, stopGraceMs) },
  });
}

/** What to do when the disks or the database are found to stand otherwise. */
export type DiskEvents = {
  /** Tasks are taken again. */
  readonly onOpen: () => void;
  /** The store needs what is left: something that grows has to end. */
  readonly onCritical: () => void;
};

/** The intake of new tasks, which closes while a disk is nearly full or the database has lost its files. */
export type WatchedIntake = { readonly intake: Intake; readonly stop: () => void };

const filesOf = (path: string): readonly Place[] => [
  { name: "the database file", path },
  { name: "the log of the database", path: `${path}-wal` },
];

/** Looks at the disks and the files of the database from now on, which is open. */
export async function watchIntake(
  disks: Disks,
  { databasePath, databaseUrl }: Pick<Config, "databasePath" | "databaseUrl">,
  { onOpen, onCritical }: DiskEvents,
): Promise<WatchedIntake> {
  const lackOfFiles = watchFiles(databasePath === ":memory:" ? [] : filesOf(databasePath));
  let disk: DiskReport | undefined;
  const look = async (): Promise<Standings> => {
    disk = await disks.report();
    const lack = lackOfFiles();
    return {
      disk: {
        ok: disk.state === "ample",
        detail: disk.detail,
        ...(disk.space && { space: disk.space }),
      },
      ...(databaseUrl === undefined && {
        database: { ok: lack === undefined, detail: lack ?? "its files are in place" },
      }),
    };
  };
  const intake = new Intake(look, (why) => {
    if (why === undefined) log.info("New tasks are taken again");
    else log.error("No new tasks are taken: {why}", { why });
    if (why === undefined) onOpen();
  });
  const keep = async (): Promise<void> => {
    await intake.look();
    if (disk?.state === "critical") onCritical();
    if (disk?.state === "ample") await disks.fillReserve();
  };
  await intake.look();
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    keep()
      .catch((error: unknown) => log.error("Cannot look after the disk: {error}", { error }))
      .finally(() => {
        isBusy = false;
      });
  }, LOOK_MS);
  timer.unref();
  return { intake, stop: () => clearInterval(timer) };
}
