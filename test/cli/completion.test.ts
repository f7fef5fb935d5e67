import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { SHELLS } from "../../src/cli/completion/scripts.ts";
import { EXIT } from "../../src/cli/exit.ts";
import { pathWithPontus, pontus } from "../fixtures/command-line.ts";
import { type RunningService, startService } from "../fixtures/service.ts";

setDefaultTimeout(60_000);

const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
  const { out } = await pontus(["complete", "--", ...words]);
  return out.split("\n").map((line) => line.split("\t")[0] ?? "");
};

describe("what may stand at the cursor", () => {
  test.each<[words: string[], found: string[]]>([
    [["su"], ["submit", ""]],
    [
      ["list", "--st"],
      ["--status", ""],
    ],
    [
      ["list", "--status", "F"],
      ["FAILED", ""],
    ],
    [
      ["list", "-s", "R"],
      ["RUNNING", ""],
    ],
    [
      ["list", "--status=P"],
      ["--status=PENDING", ""],
    ],
    [
      ["list", "--status", "=", "C"],
      ["CANCELLED", ""],
    ],
    [
      ["list", "--json", "--status", "S"],
      ["SUCCESS", ""],
    ],
    [
      ["profiles", "video_hls_ad"],
      ["video_hls_adaptive", ""],
    ],
    [
      ["submit", "a", "b", "-p", "video_dash_ad"],
      ["video_dash_adaptive", ""],
    ],
    [
      ["submit", "a"],
      [":files", ""],
    ],
    [
      ["submit", "a", "b", "c"],
      [":files", ""],
    ],
    [
      ["submit", "--body", ""],
      [":files", ""],
    ],
    [["submit", "--metadata", ""], [""]],
    [
      ["completion", "f"],
      ["fish", ""],
    ],
    [["completion", "fish", ""], [""]],
    [["show", "x", "y"], [""]],
    [["nosuch", "x"], [""]],
  ])("%p", async (words, found) => {
    expect(await complete(...words)).toEqual(found);
  });

  test("every command, at the beginning", async () => {
    const { out } = await pontus(["--help"]);
    const commands = [...out.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name ?? "");
    expect(commands.length).toBeGreaterThan(8);
    expect((await complete("")).toSorted()).toEqual(["", ...commands].toSorted());
  });

  test("no id where no service answers", async () => {
    expect(await complete("show", "")).toEqual([""]);
  });
});

describe("a shell", () => {
  let service: RunningService;
  let id: string;
  beforeAll(async () => {
    service = await startService();
    id = await service.create({
      source: { source_url: "none.mp4" },
      targets: [{ target_url: "out.mp4" }],
    });
  });
  afterAll(() => service.stop());

  const run = (shell: string, ...args: readonly string[]): readonly string[] => {
    const env = {
      ...process.env,
      PATH: pathWithPontus(),
      PONTUS_URL: service.url,
      PONTUS_CREDENTIALS: JSON.stringify(service.credentials),
    };
    return execFileSync(shell, args, { env, encoding: "utf8" }).trim().split("\n");
  };

  test("bash completes commands, values and ids, and leaves files to itself", () => {
    const ask = (...words: readonly string[]) =>
      `COMP_WORDS=(pontus ${words.join(" ")}); COMP_CWORD=${words.length}; _pontus; echo "$COMPREPLY"`;
    const asked = [ask("sub"), ask("list", "--status", "=", "F"), ask("show", '""')].join("\n");
    // Bash itself takes names of files from this; outside a completion there is nobody to tell.
    const files = `compopt() { echo "$@"; }; ${ask("submit", '""')}`;
    const script = `source <(pontus completion bash)\n${asked}\n${files}`;
    const answers = run("bash", "--norc", "-c", script);
    expect(answers).toEqual(["submit", "FAILED", id, "-o default"]);
  });

  test("zsh completes commands, values and ids, and leaves files to itself", () => {
    const ask = (...words: readonly string[]) =>
      `words=(pontus ${words.join(" ")}); CURRENT=${words.length + 1}; _pontus`;
    const asked = [ask("sub"), ask("list", "--status=F"), ask("show", '""'), ask("submit", '""')];
    const own = "compdef() {:}; _files() {print FILES}; _describe() {print -rl -- $found}";
    const script = [own, "source <(pontus completion zsh)", ...asked].join("\n");
    expect(run("zsh", "-f", "-c", script)).toEqual([
      "submit:Creates a task, and writes its id",
      "--status=FAILED:--status=FAILED",
      `${id}:FAILED none.mp4`,
      "FILES",
    ]);
  });

  test("fish completes commands, values, ids and files", () => {
    const asked = ["sub", "list --status F", "show ", "submit src/ma"];
    const script = asked.map((line) => `complete -C "pontus ${line}"`).join("\n");
    const answers = run("fish", "--no-config", "-c", `pontus completion fish | source\n${script}`);
    expect(answers).toEqual([
      "submit\tCreates a task, and writes its id",
      "FAILED",
      `${id}\tFAILED none.mp4`,
      ...["src/main.bun.ts", "src/main.cli.bun.ts", "src/main.cli.deno.ts", "src/main.cli.ts"],
      ...["src/main.deno.ts", "src/main.signals.ts", "src/main.ts", "src/manifest/"],
    ]);
  });

  test("that is not known is refused", async () => {
    const { code, err } = await pontus(["completion", "ksh"]);
    expect([code, err]).toEqual([EXIT.usage, expect.stringContaining(SHELLS.join(", "))]);
  });
});
