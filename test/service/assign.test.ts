import { describe, expect, test } from "bun:test";
import { allCapabilities } from "../../src/fleet/all-capabilities.ts";
import { type LiveProtocol, liveProtocolOf } from "../../src/plan/live/live-protocols.ts";
import { assign } from "../../src/service/assign.ts";
import { aCapabilities } from "../plan/builders.ts";

const NAME = "video_mp4_1280x720_1728kbps";
const SMALL = "video_mp4_320x240_240kbps";

describe("assign", () => {
  const capabilities = aCapabilities();
  const addressesOf = (targets: number, live?: LiveProtocol) => ({
    source: { url: "in", key: "in" },
    targets: Array.from({ length: targets }, (_, at) => ({
      url: `${at}`,
      key: `${at}`,
      ...(live && { live }),
    })),
  });
  const assigned = async (
    targets: readonly { readonly profileName?: string }[],
    { can = capabilities, live }: { can?: typeof capabilities; live?: LiveProtocol } = {},
  ) => {
    const ports = {
      profiles: { get: async () => undefined, list: async () => [] },
      capabilities: async () => can,
    };
    return assign(ports, "client1", NAME, targets, addressesOf(targets.length, live));
  };

  test("judges a system profile once for each engine and number of targets", async () => {
    const { assignments } = await assigned([{}]);
    expect((await assigned([{}])).assignments).toBe(assignments);
    const two = await assigned([{}, {}]);
    expect(two.assignments).toMatchObject([{ targets: [0, 1] }]);
    const poor = aCapabilities({ encoders: [] });
    await expect(assigned([{}], { can: poor })).rejects.toThrow(
      "the engine has no encoder libx264",
    );
    await expect(assigned([{}], { can: poor })).rejects.toThrow(
      "the engine has no encoder libx264",
    );
  });

  test("takes what one engine of several can make whole, and refuses what each lacks a part for", async () => {
    const { encoders } = capabilities;
    const without = (name: string) =>
      aCapabilities({ encoders: encoders.filter((encoder) => encoder !== name) });
    const together = (...engines: (typeof capabilities)[]) => allCapabilities(engines) ?? poor;
    const poor = aCapabilities({ encoders: [] });
    const can = together(poor, capabilities);
    expect((await assigned([{}], { can })).assignments).toHaveLength(1);
    const apart = together(without("aac"), without("libx264"));
    for (const targets of [[{}], [{}, { profileName: SMALL }]])
      await expect(assigned(targets, { can: apart })).rejects.toThrow(
        "the engine has no encoder aac",
      );
    const small = { ...capabilities, outputPixelsMax: 320 * 240 };
    await expect(assigned([{}], { can: together(without("aac"), small) })).rejects.toThrow();
  });

  test("judges anew where a target has a profile of its own, or is live", async () => {
    await assigned([{}, {}]);
    const overridden = await assigned([{}, { profileName: SMALL }]);
    expect(overridden.assignments.map(({ targets }) => targets)).toEqual([[0], [1]]);
    const live = liveProtocolOf("rtmp://host/live/a");
    const streamed = live && (await assigned([{}, {}], { live })).assignments;
    expect(streamed).toMatchObject([{ targets: [0, 1] }]);
    expect(streamed).not.toBe((await assigned([{}, {}])).assignments);
  });
});
