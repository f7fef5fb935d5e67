import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import denoJson from "../../deno.json" with { type: "json" };
import packageJson from "../../package.json" with { type: "json" };
import { SUITES } from "../../scripts/debian-ffmpegs.ts";
import { KEYS } from "../../src/config/keys.ts";
import { problemOf } from "../../src/http/problem.ts";
import { CreateTask } from "../../src/http/schemas/create-schemas.ts";
import { CreateProfile } from "../../src/http/schemas/profile-schemas.ts";
import { LIVE_SCHEMES } from "../../src/plan/live/live-protocols.ts";
import { CONTAINERS, isOfSource } from "../../src/profile/containers.ts";
import {
  AUDIO_FORMATS,
  AUDIO_SAMPLERATES,
  B_FRAMES_MAX,
  CHANNEL_COUNTS,
  FRAMERATES,
  GOP_SIZES,
  PRESETS,
  RC_MODES,
  toQlty,
  toRendition,
} from "../../src/profile/qlty.ts";
import { CATALOGUE } from "../../src/profile/system-profiles.ts";
import { SIZE_MAX, SIZE_MIN, VIDEO_FORMATS } from "../../src/profile/video-values.ts";
import { readLiveAddress } from "../../src/storage/live/live-address.ts";
import { CONTRACT_CODES, contractCode, ERROR_CODES, retryOf } from "../../src/task/errors.ts";
import { sandboxFlags } from "../fixtures/sandbox.ts";

// Values that pages repeat from the code or from a file of settings.

const read = (file: string): string => readFileSync(file, "utf8");
const sorted = (values: Iterable<unknown>): readonly string[] => [...values].map(String).toSorted();
const codeIn = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
/** The cells of the rows of all tables of a text. */
const rowsOf = (text: string): readonly (readonly string[])[] =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row = ""]) => row.split(" | "));

describe.each(["docs/api.md", "docs/api.zh-CN.md"])("%s", (file) => {
  test("gives every code of a refused call with its status", () => {
    const told = rowsOf(read(file))
      .filter(([statuses = ""]) => /^\d{3}\b/.test(statuses))
      .flatMap(([statuses = "", codes = ""]) => {
        const each = statuses.match(/\d{3}/g) ?? [];
        return codeIn(codes).map((code, at) => `${each[at] ?? each[0]} ${code}`);
      });
    const answered = new Set(
      ERROR_CODES.map(problemOf).map(({ status, code }) => `${status} ${code}`),
    );
    expect(sorted(told)).toEqual(sorted(answered));
  });

  test("says of every code of a task whether it is tried again", () => {
    const words: Readonly<Record<string, string>> = { no: "no", 否: "no", yes: "yes", 是: "yes" };
    const rows = rowsOf(read(file));
    const told = CONTRACT_CODES.map((code) => {
      const [, , again = ""] = rows.find(([first]) => first === `\`${code}\``) ?? [];
      return [code, words[again] ?? "if"];
    });
    const judged = CONTRACT_CODES.map((code) => {
      const causes = ERROR_CODES.filter((cause) => contractCode(cause) === code);
      const count = causes.filter((cause) => retryOf(cause) !== "never").length;
      return [code, count === 0 ? "no" : count === causes.length ? "yes" : "if"];
    });
    expect(told).toEqual(judged);
  });
});

test.each(["docs/api.md", "docs/api.zh-CN.md"])("%s shows a create that is understood", (file) => {
  const [, body = ""] = /^```http\n.*?\n\n(.*?)^```$/ms.exec(read(file)) ?? [];
  expect(CreateTask.parse(JSON.parse(body))).toMatchObject(JSON.parse(body));
});

describe("docs/profiles.md", () => {
  const page = read("docs/profiles.md");

  test.each<[field: string, values: readonly (string | number)[]]>([
    ["container", CONTAINERS],
    ["format", VIDEO_FORMATS],
    ["framerate", FRAMERATES],
    ["width", [SIZE_MIN, SIZE_MAX]],
    ["height", [SIZE_MIN, SIZE_MAX]],
    ["gop_size", GOP_SIZES],
    ["b_frame_size", [0, B_FRAMES_MAX]],
    ["rc_mode", RC_MODES],
    ["preset", PRESETS],
    ["audio_format", AUDIO_FORMATS],
    ["audio_samplerate", AUDIO_SAMPLERATES],
    ["channels", CHANNEL_COUNTS],
  ])("gives the values of %s", (field, values) => {
    const [, cell = ""] = rowsOf(page).find(([names = ""]) => codeIn(names).includes(field)) ?? [];
    const told = cell.replace(/; one alone .*| frames$| for pictures$/, "").split(/[,;] | to /);
    expect(sorted(told)).toEqual(sorted(values));
  });

  test("gives the defaults of a group", () => {
    const group = { container: "mp4", bitrate: 600_000, audio_bitrate: 64_000 } as const;
    const known = { low_latency: false, ...toQlty(toRendition(group)) };
    // What comes after is written from the rules, and says no defaults.
    const [told = ""] = page.split("<!-- profiles:begin -->");
    const rows = rowsOf(told).filter(([names = ""]) => codeIn(names).some((name) => name in known));
    const defaults = rows.flatMap(([names = "", , value = ""]) =>
      /^required|^as the source/.test(value)
        ? []
        : codeIn(names).map((name) => [name, value.split(";")[0]] as const),
    );
    expect(defaults.length).toBeGreaterThan(5);
    for (const [name, value] of defaults)
      expect([name, String(known[name as keyof typeof known])]).toEqual([name, value ?? ""]);
  });

  test("shows profiles that can be registered, and tasks that can be created", () => {
    const blocks = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, block = ""]) => block);
    expect(blocks.length).toBeGreaterThan(1);
    for (const block of blocks) {
      if (!("qlties" in JSON.parse(block))) {
        expect(CreateTask.parse(JSON.parse(block))).toMatchObject(JSON.parse(block));
        continue;
      }
      const profile = CreateProfile.parse(JSON.parse(block));
      expect(profile).toMatchObject(JSON.parse(block));
      expect(profile.qlties.map(toRendition)).toHaveLength(profile.qlties.length);
    }
  });

  /** `a_{b,c}` is `a_b` and `a_c`. */
  const spelledOut = (name: string): readonly string[] => {
    const [, head = "", choices = "", tail = ""] = /^(.*)\{(.*)\}(.*)$/.exec(name) ?? [];
    return choices === "" ? [name] : choices.split(",").map((one) => `${head}${one}${tail}`);
  };

  test("names the containers of system profiles", () => {
    const [, list = ""] = /^- Containers are (.*?)\./ms.exec(page) ?? [];
    const named = CONTAINERS.filter((one) => !isOfSource(one));
    expect(sorted(codeIn(list))).toEqual(sorted([...named, "hls"]));
  });

  test("lists the catalogue", () => {
    const [list = ""] = /^- `video_\{mp4,flv,hls\}_`.*?\n\n/ms.exec(page) ?? [];
    const told = list.split(/^- /m).flatMap((item) => {
      const [first = "", ...others] = codeIn(item);
      if (!first.endsWith("_")) return [first, ...others].filter(Boolean).flatMap(spelledOut);
      return others.flatMap((rest) => spelledOut(first).map((head) => `${head}${rest}`));
    });
    expect(sorted(told)).toEqual(sorted(CATALOGUE));
  });
});

test.each(["README.md", "README.zh-CN.md", "docs/addresses.md", "docs/live.md"])(
  "%s names every live protocol",
  (file) => {
    const told = rowsOf(read(file)).flatMap(([first = ""]) =>
      first.replaceAll("`", "").split(/, |、/),
    );
    expect(LIVE_SCHEMES.filter((scheme) => !told.includes(scheme))).toEqual([]);
  },
);

test.each(["srt", "udp"])("docs/live.md gives the options of %s", (scheme) => {
  const [, list = ""] =
    new RegExp(`^- The options of \`${scheme}\` are (.*)\\.$`, "m").exec(read("docs/live.md")) ??
    [];
  expect(codeIn(list).length).toBeGreaterThan(2);
  // What is refused is told with all that is not.
  expect(() => readLiveAddress(`${scheme}://host:9000?no=1`, "source")).toThrow(
    `is none of ${codeIn(list).join(", ")}`,
  );
});

describe("docs/hosting.md", () => {
  const page = read("docs/hosting.md");
  const flagsIn = (text: string) => text.match(/--(?:allow|deny)-[^\s`]+/g) ?? [];

  test("gives the permissions of deno.json", () => {
    const told = rowsOf(page).flatMap(([flags = ""]) => flagsIn(flags));
    expect(sorted(told)).toEqual(sorted(flagsIn(denoJson.tasks.start)));
  });

  test("runs a host without a disk with the flags that are tested", () => {
    const [block = ""] = /^PONTUS_CLIENTS=.*?^```$/ms.exec(page) ?? [];
    const names = flagsIn(block).map((flag) => flag.split("=")[0]);
    const tested = sandboxFlags(8080, { url: () => "https://storage.example" });
    expect(sorted(names)).toEqual(sorted(Object.keys(tested)));
  });
});

test("docs/backup.md says how long calls from before a backup may be repeated", () => {
  const minutes = (2 * Number(KEYS.clockSkewMs.fallback)) / 60;
  expect(read("docs/backup.md")).toContain(
    `twice \`${KEYS.clockSkewMs.env}\` (${minutes} minutes)`,
  );
});

describe("the FFmpegs that are tested", () => {
  test("stand in docs/media.md, with their suites of Debian", () => {
    const rows = rowsOf(read("docs/media.md"));
    for (const { suite, version } of SUITES) {
      const row = rows.find(([, from]) => from === `Debian ${suite}`);
      expect(row?.[0]).toStartWith(`${version}.`);
    }
    const core = `\`@ffmpeg/core\` ${packageJson.dependencies["@ffmpeg/core"]}`;
    expect(rows.map(([, from]) => from)).toContain(core);
  });

  test.each(["README.md", "README.zh-CN.md"])("stand in %s", (file) => {
    for (const { version } of SUITES) expect(read(file)).toContain(version);
  });
});
