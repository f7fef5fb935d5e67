import { expect, test } from "bun:test";
import { confined } from "../../../src/engine/process/confinement.ts";

const program = { command: "ffmpeg", args: ["-version"] };
const bounds = { limits: { openFiles: 64, processes: 9 }, seen: { writes: [], reads: [] } };
const place = { cwd: "/", firstFd: 3 };

test("confined() limits processes in a sandbox alone: elsewhere those of the whole user count", () => {
  const plain = confined({ own: {} }, program, bounds, place);
  expect([plain.command, ...plain.args]).toEqual([
    ...["prlimit", "--core=0:0", "--nofile=64:64", "--", "ffmpeg", "-version"],
  ]);
  const { args } = confined({ own: {}, sandbox: { system: [] } }, program, bounds, place);
  expect(args.slice(args.indexOf("prlimit"))).toEqual([
    ...["prlimit", "--core=0:0", "--nofile=64:64", "--nproc=9:9", "--", "ffmpeg", "-version"],
  ]);
});

test("confined() leaves a program as it is where nothing can limit it", () => {
  expect(confined({}, program, bounds, place)).toEqual({ ...program, fds: [] });
});
