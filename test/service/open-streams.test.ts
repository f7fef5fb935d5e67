import { describe, expect, test } from "bun:test";
import { OpenStreams } from "../../src/service/following/open-streams.ts";

describe("OpenStreams", () => {
  const refusal = (open: () => unknown) => {
    try {
      open();
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };

  test("limits those of a client, and those of all", () => {
    const streams = new OpenStreams({ streamsMax: 3, clientStreamsMax: 2 });
    const closes = [streams.open("ada"), streams.open("ada")];
    expect(refusal(() => streams.open("ada"))).toBe(
      'Cannot open another stream: client "ada" has 2 open',
    );
    closes.push(streams.open("bob"));
    expect(refusal(() => streams.open("bob"))).toBe(
      "Cannot open another stream: the service has 3 open",
    );
    // Closed twice is closed once.
    for (const _ of [1, 2]) closes[0]?.();
    expect(refusal(() => streams.open("bob"))).toBeUndefined();
    expect(refusal(() => streams.open("ada"))).toContain("the service has 3");
  });

  test("lets none in where the limit is 0", () => {
    for (const limits of [
      { streamsMax: 0, clientStreamsMax: 9 },
      { streamsMax: 9, clientStreamsMax: 0 },
    ])
      expect(refusal(() => new OpenStreams(limits).open("ada"))).toContain("has 0 open");
  });
});
