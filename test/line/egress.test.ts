import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { ADDRESS_FORMS } from "../fixtures/address-forms.ts";
import { clip } from "../fixtures/clips.ts";
import { type MediaServer, startMediaServer, status } from "../fixtures/media-server.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import { s3EnvOf, startS3Server } from "../fixtures/s3-server.ts";
import {
  hasEnded,
  newHome,
  type RunningService,
  startService,
  type TaskAnswer,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** Nobody may get here: what it is asked is what went wrong. */
let inner: MediaServer;
/** Named by PONTUS_EGRESS_ALLOW, with its port. */
let outer: MediaServer;

beforeAll(async () => {
  inner = await startMediaServer();
  outer = await startMediaServer();
  const film = readFileSync(await clip({ seconds: 2 }));
  inner.files.set("/in.mp4", film);
  outer.files.set("/in.mp4", film);
});

afterAll(async () => {
  await inner.close();
  await outer.close();
});

const CLIENT = { client_code: "client1", public_key: "public", private_key: "s3cr3t-key" };

const LINES = [
  ["native, on Bun", { PONTUS_ENGINE: "native" }, BUN],
  ["native, on Deno", { PONTUS_ENGINE: "native" }, deno()],
  ["wasm", { PONTUS_ENGINE: "wasm" }, BUN],
  ["without a disk", { PONTUS_DISK: "no" }, BUN],
] as const;

/** A service as an operator has it who says nothing of egress but that one server is allowed. */
async function withService(
  env: Readonly<Record<string, string>>,
  command: readonly string[],
  use: (service: RunningService) => Promise<void>,
): Promise<void> {
  const home = newHome();
  copyFileSync(await clip({ seconds: 2 }), join(home.media, "in.mp4"));
  const settings = {
    PONTUS_EGRESS: "",
    PONTUS_EGRESS_ALLOW: new URL(outer.url("/")).host,
    PONTUS_ATTEMPTS_MAX: "1",
    PONTUS_CONCURRENCY: "64",
    PONTUS_CLIENTS: JSON.stringify([CLIENT]),
  };
  const service = await startService(home, { ...settings, ...env }, command);
  try {
    await use(service);
  } finally {
    await service.stop();
  }
}

const request = (source_url: string, ...targets: readonly string[]) => ({
  source: { source_url },
  profile_name: "video_mp4_160x120_200kbps",
  targets: targets.map((target_url) => ({ target_url })),
});

const ended = async (service: RunningService, body: unknown): Promise<TaskAnswer> =>
  service.until(await service.create(body), hasEnded);

let targets = 0;

/** What a caller is told of sources: the code, and what stands behind the address. */
async function toldOf(
  service: RunningService,
  sources: readonly string[],
): Promise<readonly string[]> {
  const create = async (source: string): Promise<{ task_id?: string; message?: string }> => {
    const body = request(source, outer.url(`/never-${targets++}.mp4`));
    const answer = await service.call("/api/v1/task/transcoding", { body });
    return (await answer.json()) as { task_id?: string; message?: string };
  };
  const created = await Promise.all(sources.map(create));
  const told: string[] = [];
  // One after the other: a crowd that asks how far its tasks are would be most of the load.
  for (const { task_id, message } of created) {
    const { error } = task_id === undefined ? {} : await service.until(task_id, hasEnded);
    const why = error?.detail?.split('": ').at(-1);
    told.push(task_id === undefined ? `refused: ${message}` : `${error?.code}: ${why}`);
  }
  return told;
}

const UNREACHABLE = "ParameterError: it is not reachable";

/** Addresses of this machine in a private network, as far as it has one. */
const ofThisMachine = Object.values(networkInterfaces())
  .flatMap((each = []) => each)
  .filter(({ address }) => /^(10|172|192)\./.test(address))
  .map(({ address }) => address);

describe.each(LINES)("the addresses of tasks, %s", (_, env, command) => {
  test("nothing but the internet and private networks is reached, whatever way it is written", () =>
    withService(env, command, async (service) => {
      const port = new URL(inner.url("/")).port;
      const forms = ADDRESS_FORMS.filter(([, behind]) => ["special", "nothing"].includes(behind));
      expect(forms.length).toBeGreaterThan(150);
      const told = await toldOf(
        service,
        forms.map(([host]) => `http://${host}:${port}/in.mp4`),
      );
      const wrong = forms.flatMap(([host, behind], at) => {
        const is = told[at] ?? "";
        // What is no address is refused at once.
        const isRight = is === UNREACHABLE || (behind === "nothing" && is.startsWith("refused: "));
        return isRight ? [] : [`${host} ${is}`];
      });
      expect(wrong).toEqual([]);
      expect(inner.asked).toEqual([]);
      expect(service.log()).toContain('\\"lan\\" excludes addresses that are loopback');
      const { error } = await ended(service, request(outer.url("/in.mp4"), outer.url("/out.mp4")));
      expect(error).toBeUndefined();
    }));
});

/** Ways to write 127.0.0.1. */
const LOOPBACKS = [
  ...["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "１２７.0.0.1"],
  ...["localhost", "LOCALHOST.", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"],
];

const aClient = (name: string, lists: object = {}) => ({
  client_code: name,
  public_key: `key of ${name}`.replaceAll(" ", "-"),
  private_key: `secret of ${name}`,
  ...lists,
});

describe.each(LINES)("the servers of a client, %s", (_, env, command) => {
  test("are those of the service with its own: more to one, fewer to another, and no one's what the service denies", async () => {
    // That which only some may use, and that which the service denies.
    const [some, barred] = [await startMediaServer(), await startMediaServer()];
    const [place, barredPlace] = [new URL(some.url("/")), new URL(barred.url("/"))];
    const film = outer.files.get("/in.mp4");
    for (const { files } of [some, barred]) if (film) files.set("/in.mp4", film);
    const wide = aClient("wide", { egress_allow: ["127.0.0.0/8"] });
    const plain = aClient("plain");
    const lists = { egress_allow: ["127.0.0.0/8"], egress_deny: [`127.0.0.0/8:${place.port}`] };
    const narrow = aClient("narrow", lists);
    const settings = {
      PONTUS_CLIENTS: JSON.stringify([wide, plain, narrow]),
      PONTUS_EGRESS_DENY: barredPlace.host,
    };
    await withService({ ...env, ...settings }, command, async (service) => {
      const urls = LOOPBACKS.map((host) => `http://${host}:${place.port}/in.mp4`);
      const inside = some.url("/in.mp4");
      const segment = [
        "#EXTM3U",
        "#EXT-X-TARGETDURATION:4",
        "#EXTINF:4,",
        inside,
        "#EXT-X-ENDLIST",
      ];
      outer.files.set("/narrow.m3u8", Buffer.from(segment.join("\n")));
      outer.next("/narrow.mp4", [status(302, { location: inside })], "stays");
      outer.next("/narrow-put.mp4", [status(307, { location: some.url("/put.mp4") })], "stays");
      // Without a disk no manifest is read.
      const manifests = "PONTUS_DISK" in env ? [] : [outer.url("/narrow.m3u8")];
      const led = [...manifests, outer.url("/narrow.mp4")];
      const refusals = (sources: readonly string[]) => sources.map(() => UNREACHABLE);

      expect(await toldOf(service.as(plain), urls)).toEqual(refusals(urls));
      expect(await toldOf(service.as(narrow), [...urls, ...led])).toEqual(
        refusals([...urls, ...led]),
      );
      const ways = [some.url("/put.mp4"), outer.url("/narrow-put.mp4")];
      const good = outer.url("/narrow-good.mp4");
      const sent = await ended(service.as(narrow), request(outer.url("/in.mp4"), ...ways, good));
      const ends = sent.targets.map(({ error }) => error?.detail?.split('": ').at(-1));
      expect(ends).toEqual([...ways.map(() => "it is not reachable"), undefined]);
      expect(some.asked).toEqual([]);

      const barredUrl = [barred.url("/in.mp4")];
      expect(await toldOf(service.as(wide), barredUrl)).toEqual(refusals(barredUrl));
      expect(barred.asked).toEqual([]);
      for (const url of urls.slice(2, 4)) {
        const { error } = await ended(service.as(wide), request(url, outer.url("/wide.mp4")));
        expect(error).toBeUndefined();
      }
    });
    expect(some.asked.length).toBeGreaterThan(0);
    await some.close();
    await barred.close();
  });
});

describe("the addresses of tasks", () => {
  test("every address that a source leads to is judged, and every target", () =>
    withService({}, BUN, async (service) => {
      const inside = inner.url("/in.mp4");
      const hls = (...lines: readonly string[]) =>
        Buffer.from(["#EXTM3U", "#EXT-X-TARGETDURATION:4", ...lines, "#EXT-X-ENDLIST"].join("\n"));
      const here = ["#EXTINF:4,", outer.url("/in.mp4")];
      const mpd = (baseUrl: string, media: string) =>
        Buffer.from(`<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT4S">
<BaseURL>${baseUrl}</BaseURL><Period><AdaptationSet mimeType="video/mp4"><SegmentTemplate media="${media}"
initialization="${media}" duration="4"/><Representation id="1" bandwidth="1"/></AdaptationSet></Period></MPD>`);
      const sources = {
        "/segment.m3u8": hls("#EXTINF:4,", inside),
        "/key.m3u8": hls(`#EXT-X-KEY:METHOD=AES-128,URI="${inside}"`, ...here),
        "/init.m3u8": hls(`#EXT-X-MAP:URI="${inside}"`, ...here),
        "/variant.m3u8": hls("#EXT-X-STREAM-INF:BANDWIDTH=1", inner.url("/v.m3u8")),
        "/base.mpd": mpd(inner.url("/"), "in.mp4"),
        "/media.mpd": mpd(outer.url("/"), inside),
      };
      for (const [path, text] of Object.entries(sources)) outer.files.set(path, text);
      outer.next("/to.mp4", [status(302, { location: inside })], "stays");
      const paths = [...Object.keys(sources), "/to.mp4"];
      const told = await toldOf(service, paths.map(outer.url));
      expect(told).toEqual(paths.map(() => UNREACHABLE));

      outer.next("/to-put.mp4", [status(307, { location: inside })], "stays");
      const byPost = inner.url("/post.mp4").replace("http:", "http+post:");
      const targets = [inner.url("/put.mp4"), byPost, outer.url("/to-put.mp4")];
      const task = await ended(service, request("in.mp4", ...targets, outer.url("/good.mp4")));
      const ends = task.targets.map(({ error }) => error?.detail?.split('": ').at(-1));
      expect(ends).toEqual([...targets.map(() => "it is not reachable"), undefined]);
      expect(inner.asked).toEqual([]);
    }));

  test("what is refused, what is closed and the service itself sound alike", async () => {
    expect(ofThisMachine.length).toBeGreaterThan(0);
    const closed = await startMediaServer();
    await closed.close();
    await withService({ PONTUS_HOST: "0.0.0.0" }, BUN, async (service) => {
      const { port } = new URL(service.url);
      const told = await toldOf(service, [
        closed.url("/in.mp4"),
        "http://nowhere.invalid/in.mp4",
        ...ofThisMachine.map((host) => `http://${host}:${port}/healthz`),
        ...ofThisMachine.map((host) => closed.url("/in.mp4").replace("127.0.0.1", host)),
      ]);
      expect(new Set(told)).toEqual(new Set([UNREACHABLE]));
      expect(service.log()).toContain("this service listens there");
    });
  });

  test("the S3 store is the operator's: it may be on this machine", async () => {
    const store = await startS3Server();
    await withService(s3EnvOf(store), BUN, async (service) => {
      const address = `s3://${store.bucket}/out.mp4`;
      const sent = await ended(service, request("in.mp4", address));
      expect([sent.task_status, sent.targets[0]?.error]).toEqual(["SUCCESS", undefined]);
      const { error } = await ended(service, request(address, outer.url("/again.mp4")));
      expect(error).toBeUndefined();
    });
    await store.close();
  });
});
