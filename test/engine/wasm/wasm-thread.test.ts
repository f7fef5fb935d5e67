import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { loadCore, type WasmCore } from "../../../src/engine/wasm/wasm-core.ts";
import { WasmThread } from "../../../src/engine/wasm/wasm-thread.ts";
import { clip } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { addressOf, coreThat } from "../../fixtures/wasm-core.ts";

// Threads start slowly on a busy machine.
setDefaultTimeout(60_000);

const never = new AbortController().signal;
const aRun = { program: "ffmpeg", args: [], mount: { files: {} }, onStdout: () => {} } as const;

async function runIn(core: WasmCore, graceMs = 1_000, signal = never): Promise<unknown> {
  const thread = await WasmThread.start(core);
  try {
    return await thread.run(aRun, graceMs, signal);
  } finally {
    await thread.end();
    expect(thread.isLeaked).toBe(false);
  }
}

describe("WasmThread.run()", () => {
  test.each([
    ["traps", 'throw new WebAssembly.RuntimeError("Out of bounds memory access")'],
    ["runs out of stack", "const deeper = () => deeper() + 1; deeper()"],
    ["aborts", 'throw new WebAssembly.RuntimeError("Aborted(assertion failed)")'],
    ["throws what is no error", 'throw "a text"'],
    ["ends without an exit code", "this.ret = -1"],
  ])("is encoder_killed where the core %s, and the next thread runs", async (_, program) => {
    const error = await taskErrorOf(runIn(await coreThat(program)));
    expect(error.code).toBe("encoder_killed");
    expect(error.message).toBe("Cannot go on: the WebAssembly core crashed");
    expect(await runIn(await coreThat("this.ret = 0"))).toEqual({ code: 0, stderr: "" });
  });

  test.each([
    ["a timer", 'setTimeout(() => { throw new Error("lost") })'],
    ["a promise", 'Promise.reject(new Error("lost"))'],
  ])("hears of an error in %s that nothing catches", async (_, lost) => {
    const { module } = await loadCore({});
    const script = `export default () => { ${lost}; return new Promise(() => {}) }`;
    const core = { module, coreURL: addressOf(script) };
    const error = await taskErrorOf(WasmThread.start(core));
    expect(error.code).toBe("encoder_missing");
    expect(String(error.cause)).toContain("lost");
  });

  test("ends what computes and never calls, for the caller's reason", async () => {
    const reason = new Error("the caller's own");
    const run = runIn(await coreThat("for (;;) ;"), 600, AbortSignal.timeout(100));
    expect(await run.catch((error: Error) => error.name)).toBe("TimeoutError");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    const second = runIn(await coreThat("for (;;) ;"), 0, controller.signal);
    expect(await second.catch((error: unknown) => error)).toBe(reason);
  });

  test("gives way to the thread that answers calls", async () => {
    // proc(5): the 19th field of stat is the niceness, the 17th after the name of the thread.
    const core = await coreThat(`
      const stat = process.getBuiltinModule("node:fs").readFileSync("/proc/thread-self/stat", "utf8");
      this.ret = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16])`);
    expect(await runIn(core)).toEqual({ code: 5, stderr: "" });
  });

  test("runs again in the same thread, with other files", async () => {
    const thread = await WasmThread.start(await loadCore({}));
    const source = await clip();
    const asked = ["-v", "error", "-show_entries", "format=nb_streams", "-of", "csv=p=0", "-i"];
    for (const name of ["one", "two"]) {
      const lines: string[] = [];
      const onStdout = (text: string) => lines.push(text);
      const mount = { files: { [name]: source } };
      const run = { program: "ffprobe", args: [...asked, name], mount, onStdout } as const;
      expect(await thread.run(run, 0, never)).toEqual({ code: 0, stderr: "" });
      expect(lines).toEqual(["2\n"]);
    }
    await thread.end();
  });

  test("gives stderr line by line, and all of it at the end", async () => {
    const thread = await WasmThread.start(
      await coreThat(`
        for (const message of ["one", "", "two", "Aborted()"]) this.logger({ type: "stderr", message });
        this.ret = 3;`),
    );
    const lines: string[] = [];
    const run = { ...aRun, onStderrLine: (line: string) => lines.push(line) };
    expect(await thread.run(run, 0, never)).toEqual({ code: 3, stderr: "one\n\ntwo\n" });
    expect(lines).toEqual(["one", "two"]);
    await thread.end();
  });
});

describe("WasmThread.start()", () => {
  test.each([
    ["is not there", "file:///nowhere/ffmpeg-core.js"],
    ["is no module", addressOf(")(")],
    ["fails at once", addressOf("export default () => { throw new Error('no') }")],
  ])("is encoder_missing where the core %s", async (_, coreURL) => {
    const { module } = await loadCore({});
    const error = await taskErrorOf(WasmThread.start({ coreURL, module }));
    expect(error.code).toBe("encoder_missing");
  });
});
