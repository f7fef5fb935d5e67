import { describe, expect, test } from "bun:test";
import { liveProtocolOf } from "../../../src/plan/live/live-protocols.ts";
import { LiveAddresses } from "../../../src/storage/live/live.ts";
import { readLiveAddress } from "../../../src/storage/live/live-address.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";

const addresses = new LiveAddresses("any");

describe("LiveAddresses keys", () => {
  test.each([
    ["rtmp://Host.Example/live/A", "rtmp://host.example:1935/live/A"],
    ["rtmp://ann:pw@host:1935/live/a", "rtmp://host:1935/live/a"],
    ["rtmp://host/live/a?token=1", "rtmp://host:1935/live/a?token=1"],
    ["rtmps://host/live/a/b", "rtmps://host:443/live/a/b"],
    ["rtsp://host/cam", "rtsp://host:554/cam"],
    ["rtsp://[::1]:8554", "rtsp://[::1]:8554"],
    ["srt://host:9000?latency=200000&streamid=a/b", "srt://host:9000?streamid=a/b"],
    ["srt://host:9000?mode=listener", "srt-listener:9000"],
    ["srt://:9000?mode=listener&latency=1", "srt-listener:9000"],
    ["udp://239.0.0.1:5000?ttl=4", "udp://239.0.0.1:5000"],
  ])("of %s is %s", async (url, key) => {
    const live = liveProtocolOf(url) ?? expect.unreachable();
    expect(await addresses.source(url)).toEqual({ url, key, live });
    expect(await addresses.target(url)).toEqual({ url, key, live });
  });
});

describe("readLiveAddress", () => {
  test.each([
    ["rtmp://host/live", "it names no application and stream"],
    ["rtmp:///live/a", "it names no host"],
    ["rtmp://host:0/live/a", "there is no port 0"],
    ["rtmp://host:99999/live/a", "there is no port 99999"],
    ["rtmp://ho st/live/a", "its host is no name"],
    ["rtmp://host/live/a live=1", "percent-encoded"],
    ["rtmp://host/live/a|[f=mp4]/etc/x", "percent-encoded"],
    ["rtmp://host/live/it's", "percent-encoded"],
    ["rtmp://host/live/a\\b", "percent-encoded"],
    ["srt://host", "it names no port"],
    ["srt://host:9000/path", "a path means nothing in srt"],
    ["srt://host:9000?mode=rendezvous", "mode is caller or listener"],
    ["srt://host:9000?messageapi=1", '"messageapi" is none of mode'],
    ["srt://host:9000?latency=1&latency=2", "it says latency twice"],
    ["udp://:5000", "it names no host"],
    ["udp://host:5000?sources=1.2.3.4", '"sources" is none of'],
    ["udp://host:5000?localaddr=eth0.example", "localaddr is no IP address"],
    [`rtmp://host/live/${"a".repeat(2000)}`, "it is longer than"],
  ])("refuses %s: %s", (url, why) => {
    expect(() => readLiveAddress(url, "target")).toThrow(why);
  });

  test("lets a source name no host where every interface is meant", () => {
    expect(readLiveAddress("udp://:5000", "source")).toMatchObject({ host: "", port: 5000 });
  });

  test("shows nothing of an address that may hold credentials", () => {
    expect(() => readLiveAddress("rtmp://ann:s3cret@host/live", "source")).not.toThrow("s3cret");
    expect(() => readLiveAddress("srt://host:1?passphrase=s3'cret", "source")).not.toThrow("cret");
  });
});

describe("LiveAddresses that tasks would listen at", () => {
  const some = new LiveAddresses([
    [5000, 5000],
    [9000, 9100],
  ]);
  const none = new LiveAddresses([]);
  const refusal = (why: string) => ({
    code: "access_denied",
    message: expect.stringContaining(why),
  });

  test.each(["udp://:5000", "udp://239.0.0.1:5000", "srt://:9100?mode=listener", "srt://host:1"])(
    "may be %s as a source",
    async (url) => {
      expect(await some.source(url)).toMatchObject({ url });
    },
  );

  test.each(["udp://:4999", "udp://239.0.0.1:5001", "srt://host:9101?mode=listener"])(
    "may not be %s as a source",
    async (url) => {
      expect(await taskErrorOf(some.source(url))).toMatchObject(
        refusal("tasks may not listen at port"),
      );
    },
  );

  test("need no port where tasks only send", async () => {
    expect(await none.target("udp://host:5000?ttl=4")).toMatchObject({ key: "udp://host:5000" });
    expect(await taskErrorOf(none.target("srt://:9000?mode=listener"))).toMatchObject(
      refusal("tasks may not listen at port 9000"),
    );
    const local = "udp://host:5000?localaddr=10.0.0.1";
    expect(await some.target(local)).toMatchObject({ url: local });
    expect(await taskErrorOf(none.target(local))).toMatchObject(
      refusal("tasks may not name addresses of this machine"),
    );
  });
});
