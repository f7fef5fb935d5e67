import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import * as v from "valibot";
import type { Capabilities } from "../../plan/plan.ts";

/** What the two programs can do, without the number of threads they may use. */
export type ProgramAbilities = Omit<Capabilities, "threads">;

const list = v.pipe(v.array(v.string()), v.readonly());
const recordSchema = v.object({
  programs: v.string(),
  abilities: v.object({
    engine: v.literal("native"),
    version: v.string(),
    encoders: list,
    muxers: list,
    filters: list,
    protocols: list,
    options: list,
    deepEncoders: list,
    captionEncoders: list,
  }),
});

/**
 * Asks what the programs can do, or reads it from an earlier start: asking takes eight runs, 0.4 s of CPU in all, and calls
 * wait for it. If a program has been replaced, which its size and times show, it is asked again.
 *
 * @param file - where it is remembered; written again if it does not match. It may be missing.
 * @param ask - called if nothing is remembered
 */
export async function rememberAbilities(
  file: string,
  commands: readonly string[],
  ask: () => Promise<ProgramAbilities>,
): Promise<ProgramAbilities> {
  const programs = await describePrograms(commands);
  const known = programs && (await read(file, programs));
  if (known) return known;
  const abilities = await ask();
  if (programs) await write(file, JSON.stringify({ programs, abilities }));
  return abilities;
}

async function read(file: string, programs: string): Promise<ProgramAbilities | undefined> {
  try {
    const record = v.parse(recordSchema, JSON.parse(await readFile(file, "utf8")));
    return record.programs === programs ? record.abilities : undefined;
  } catch {
    // The file is missing, or another version of this service wrote it.
    return undefined;
  }
}

async function write(file: string, text: string): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    await writeFile(part, text);
    await rename(part, file);
  } catch {
    // The disk is full or read-only; the next start asks again.
  }
}

/** Identifies these programs; undefined if one of them is not found. */
async function describePrograms(commands: readonly string[]): Promise<string | undefined> {
  const found = await Promise.all(commands.map(describeProgram));
  return found.includes(undefined) ? undefined : found.join("\n");
}

async function describeProgram(command: string): Promise<string | undefined> {
  const folders = command.includes("/") ? [""] : (process.env["PATH"] ?? "").split(delimiter);
  for (const folder of folders) {
    const path = folder === "" ? resolve(command) : join(folder, command);
    const file = await stat(path).catch(() => undefined);
    if (file?.isFile()) return [path, file.size, file.mtimeMs, file.ctimeMs, file.ino].join(" ");
  }
  return undefined;
}
