import { expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { StandIns } from "../../../src/engine/relay/stand-ins.ts";
import { OPEN_EGRESS } from "../../../src/net/egress-policy.ts";
import { publish } from "../../fixtures/live-peers.ts";
import { type AskWho, startRtmpNamesServer } from "../../fixtures/rtmp-names-server.ts";

setDefaultTimeout(60_000);

const md5 = (text: string) => createHash("md5").update(text);
const NONCE = "bm9uY2U=";

/** Fields behind the name of an application. */
const told = (app: string) =>
  Object.fromEntries(
    (app.split("?")[1] ?? "").split("&").map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );

const asking = (
  mode: string,
  challenge: string,
  isRight: (fields: Record<string, string>) => boolean,
): AskWho => {
  return (app) => {
    const fields = told(app);
    if (!app.includes("authmod="))
      return `[ AccessManager.Reject ] : [ code=403 need auth; authmod=${mode} ] : `;
    if (fields["user"] !== "ann") return "[ AccessManager.Reject ] : ?reason=nosuchuser";
    if (!app.includes("response="))
      return `[ AccessManager.Reject ] : [ authmod=${mode} ] : ?reason=needauth&user=ann&${challenge}`;
    return isRight(fields) ? undefined : "[ AccessManager.Reject ] : ?reason=authfailed";
  };
};

const SERVERS = {
  adobe: asking(
    "adobe",
    "salt=sa1t==&challenge=aaa=&opaque=0paque==",
    ({ challenge = "", response }) => {
      const hash = md5("annsa1t==pw-s3cret").digest("base64");
      return response === md5(`${hash}0paque==${challenge}`).digest("base64");
    },
  ),
  llnw: asking("llnw", `nonce=${NONCE}`, ({ cnonce = "", nc = "", response }) => {
    const who = md5("ann:live:pw-s3cret").digest("hex");
    const what = md5("publish:/live/_definst_").digest("hex");
    return response === md5(`${who}:${NONCE}:${nc}:${cnonce}:auth:${what}`).digest("hex");
  }),
};

test.each(Object.entries(SERVERS))(
  "a relay says who calls to an RTMP server that asks by %s, as ffmpeg itself does",
  async (_, askWho) => {
    for (const isRelayed of [false, true]) {
      const server = await startRtmpNamesServer(askWho);
      const url = `rtmp://ann:pw-s3cret@127.0.0.1:${server.port}/live/key`;
      const standIns = await StandIns.open(
        { targets: isRelayed ? [url] : [] },
        { policy: OPEN_EGRESS },
      );
      const own = standIns.ownUrl(url);
      expect(own.includes("s3cret")).toBe(!isRelayed);
      const peer = publish(own);
      const commands = await server.commands();
      expect(commands.at(-1)).toEqual(["publish", "key", "live"]);
      await Promise.all([peer.stop(), standIns.close()]);
      server.stop();
    }
  },
);
