import { expect, spyOn, test } from "bun:test";
import packageJson from "../package.json" with { type: "json" };
import { runService } from "../src/main.ts";
import { bunRuntime } from "../src/runtime/bun.ts";

/** Runs the service as its entry does, and gives its exit code and what it wrote. */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const written = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    spyOn(process[name], "write").mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  try {
    return { code: await runService(bunRuntime, args, env), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

test("runService tells its version and its usage", async () => {
  expect(await run(["--version"])).toMatchObject({
    code: 0,
    stdout: `pontus ${packageJson.version}\n`,
  });
  expect(await run(["--help"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Usage/) });
});

test("runService refuses an argument that it does not know", async () => {
  const { code, stderr } = await run(["--nosuch"]);
  expect(code).toBe(2);
  expect(stderr).toContain("Usage: pontus");
});

test("runService says which settings are wrong, and ends", async () => {
  const { code, stderr } = await run([], { PONTUS_PORT: "many", PONTUS_ENGINE: "none" });
  expect(code).toBe(1);
  expect(stderr).toContain("PONTUS_PORT");
  expect(stderr).toContain("PONTUS_ENGINE");
});
