/** What ffmpeg needs of an environment: where programs, libraries and temporary files are. Anything else may be a secret. */
const PASSED: readonly string[] = [
  ...["PATH", "HOME", "TZ", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT"],
  ...["MALLOC_ARENA_MAX", "GLIBC_TUNABLES"],
  // Which driver and which GPU hardware encoders use.
  ...["LIBVA_DRIVER_NAME", "LIBVA_DRIVERS_PATH", "CUDA_VISIBLE_DEVICES"],
];
const LOADER = ["LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];

/** The environment of every program that is started here. Its messages are in English and without colours, as they are read here. */
export function programEnvironment(
  env: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  // Deno refuses to start a program with the loader's variables unless every program may be run.
  const names = process.versions["deno"] ? PASSED : [...PASSED, ...LOADER];
  const passed = names.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(passed), AV_LOG_FORCE_NOCOLOR: "1", LC_ALL: "C" };
}
