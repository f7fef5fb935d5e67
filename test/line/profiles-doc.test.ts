import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { clip, ffmpeg } from "../fixtures/clips.ts";
import { hasEnded, type RunningService, startService } from "../fixtures/service.ts";
import { BASICS } from "./profiles-doc/basics.ts";
import { CAPTIONS } from "./profiles-doc/captions.ts";
import { COLOURS } from "./profiles-doc/colours.ts";
import type { Example, Examples } from "./profiles-doc/example.ts";
import { METADATA } from "./profiles-doc/metadata.ts";
import { PICTURES } from "./profiles-doc/pictures.ts";
import { PROTECTED } from "./profiles-doc/protected.ts";
import { QUALITY } from "./profiles-doc/quality.ts";
import { SOUNDS } from "./profiles-doc/sounds.ts";
import { SOURCES } from "./profiles-doc/sources.ts";
import { SUBTITLES } from "./profiles-doc/subtitles.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

/** How every example of the page is judged: a file for each subject, which is named here. */
const JUDGED: Examples = {
  ...BASICS,
  ...CAPTIONS,
  ...COLOURS,
  ...SUBTITLES,
  ...METADATA,
  ...PROTECTED,
  ...SOURCES,
  ...QUALITY,
  ...SOUNDS,
  ...PICTURES,
};

/** An example of the page: a profile, or a task. */
type Body = {
  readonly profile_name: string;
  readonly qlties?: readonly [{ readonly container: string }];
};

const PAGE = readFileSync("docs/profiles.md", "utf8");
const BLOCKS = [...PAGE.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
const BODIES = BLOCKS.map((block) => JSON.parse(block) as Body);

/** The extension of a container's target, where that is not the container's name. */
const EXTENSIONS: Readonly<Record<string, string>> = { cmaf: "m3u8", dash: "mpd", mpegts: "ts" };

const targetOf = ({ qlties: [{ container }] = [{ container: "mp4" }] }: Body): string =>
  `out.${EXTENSIONS[container] ?? container}`;

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** Addresses below `/media`, as the page has them, as those of this service. */
const here = (body: object): object =>
  JSON.parse(JSON.stringify(body).replaceAll("file:/media/", `file:${service.home.media}/`));

/** The task of an example: that of the page, or one with the profile of the page. */
async function taskOf(body: Body, example: Example): Promise<object> {
  if (!body.qlties) return { ...here(body), ...(await example.task?.(service.home)) };
  const answer = await service.call("/api/v1/profile", { body: here(body) });
  expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
  const { media } = service.home;
  const source = await (example.source ?? (() => clip({ seconds: 2 })))();
  const input = join(media, `${body.profile_name}-${basename(source)}`);
  copyFileSync(source, input);
  const target = join(media, body.profile_name, example.target ?? targetOf(body));
  return {
    source: { source_url: `file:${input}` },
    profile_name: body.profile_name,
    targets: [{ target_url: `file:${target}` }],
    ...(await example.task?.(service.home)),
  };
}

describe("the examples of docs/profiles.md", () => {
  test.each(BODIES.map((body) => [body.profile_name, body] as const))(
    "%s makes what the page says",
    async (name, body) => {
      const example = JUDGED[name];
      if (!example) throw new Error(`nobody judges ${name}: see test/line/profiles-doc`);
      await example.files?.(service.home);
      const id = await service.create(await taskOf(body, example));
      const task = await service.until(id, hasEnded);
      expect([task.error, task.task_status]).toEqual([undefined, "SUCCESS"]);
      for (const { target_url } of task.targets) {
        const path = target_url.slice("file:".length);
        const made = { path, task, home: service.home };
        const clear = (await example.clear?.(made, service.call)) ?? path;
        // Every stream of it, to its end.
        if (example.isForOthers) {
          await example.judge(made);
          continue;
        }
        const input = ["-allowed_extensions", "ALL", "-i", clear];
        expect(
          await ffmpeg([
            ...(example.clear ? input : input.slice(2)),
            // Texts are decoded too: 9.0 chooses no encoder for them by itself.
            ...["-map", "0", "-c:s", "webvtt", "-f", "null", "-"],
          ]),
        ).toBe("");
        await example.judge(made);
      }
    },
  );

  test("are all that is judged, each once", () => {
    const names = BODIES.map(({ profile_name: name }) => name);
    expect(names.toSorted()).toEqual(Object.keys(JUDGED).toSorted());
  });
});
