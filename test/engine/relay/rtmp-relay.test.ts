import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { connect } from "node:net";
import { StandIns } from "../../../src/engine/relay/stand-ins.ts";
import { OPEN_EGRESS } from "../../../src/net/egress-policy.ts";
import { publish, view } from "../../fixtures/live-peers.ts";
import { startRtmpNamesServer } from "../../fixtures/rtmp-names-server.ts";

setDefaultTimeout(60_000);

const ANYBODY = { policy: OPEN_EGRESS };
/** In commands only: how many a stream has before it differs from one to the next. */
const named = (commands: readonly (readonly string[])[]) =>
  commands.map((strings) => strings.filter((text) => !/^FMLE|Lavf/.test(text)));

/** What a server is told by a program that is given an address, or what stands in for it. */
async function heard(path: string, isRelayed: boolean, begin: typeof publish | typeof view) {
  const server = await startRtmpNamesServer();
  const url = `rtmp://127.0.0.1:${server.port}${path}`;
  const standIns = await StandIns.open({ targets: isRelayed ? [url] : [] }, ANYBODY);
  const own = standIns.ownUrl(url);
  const peer = begin(own);
  const commands = await server.commands();
  await Promise.all([peer.stop(), standIns.close()]);
  server.stop();
  return JSON.stringify(named(commands)).replaceAll(String(server.port), "PORT");
}

describe("an RTMP server behind a relay", () => {
  test.each([
    ...["/live/a", "/live/a?key=1&x=a/b", "/live/room/a", "/live/mp4:b/c", "/live/a.mp4"],
    ...["/live/a.flv", "/ondemand/a/b"],
  ])("is told the same of %s as one that ffmpeg calls itself", async (path) => {
    for (const begin of [publish, view] as const) {
      const [direct, relayed] = await Promise.all([
        heard(path, false, begin),
        heard(path, true, begin),
      ]);
      expect(relayed).toBe(direct);
      expect(relayed).toContain("rtmp://127.0.0.1:PORT/");
    }
  });

  test("hears no more than a handshake of those who do not know the secret", async () => {
    const server = await startRtmpNamesServer();
    const url = `rtmp://ann:pw@127.0.0.1:${server.port}/live/key`;
    const standIns = await StandIns.open({ targets: [url] }, ANYBODY);
    const own = new URL(standIns.ownUrl(url));
    expect(own.href).not.toMatch(/ann|pw|live|key/);
    const guess = publish(own.href.replace(/\/\w{32}\//, `/${"0".repeat(32)}/`));
    await once(guess.child, "exit");
    expect(server.bytes()).toBe(1 + 2 * 1536);
    await standIns.close();
    server.stop();
    const late = connect(Number(own.port), "127.0.0.1");
    const [error] = await once(late, "error");
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });
});
