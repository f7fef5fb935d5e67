import { describe, expect, test } from "bun:test";
import { FoundDevice, tellDevice } from "../../../src/engine/hardware/hardware-device.ts";
import type { Hardware } from "../../../src/plan/device/hardware.ts";

const NVENC: Hardware = {
  family: "nvenc",
  encoders: { h264: { family: "nvenc", name: "h264_nvenc", hasBFrames: true } },
};

const signal = new AbortController().signal;

/** A device whose searches end as they are told to, by a clock that stands. */
function aDevice(results: readonly (Hardware | string | Promise<Hardware>)[], sessionsMax = 2) {
  const clock = { ms: 0 };
  const told: (Hardware | string)[] = [];
  let searches = 0;
  const device = new FoundDevice({
    search: async () => (await results[searches++]) ?? "there is none",
    sessionsMax,
    onFound: (found) => told.push(found),
    nowMs: () => clock.ms,
  });
  return { device, clock, told, searches: () => searches };
}

/** Lets a search that goes on beside come to its end. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("FoundDevice", () => {
  test("waits for the first trial, and keeps what it shows", async () => {
    const { device, told, searches } = aDevice([NVENC]);
    expect(device.state.isUsable).toBe(false);
    expect(await device.found(signal)).toEqual(NVENC);
    expect(await device.found(signal)).toEqual(NVENC);
    expect(searches()).toBe(1);
    expect(told).toEqual([NVENC]);
  });

  test("searches once for all that ask meanwhile", async () => {
    const { device, searches } = aDevice([NVENC]);
    device.begin();
    expect(await Promise.all([device.found(signal), device.found(signal)])).toEqual([NVENC, NVENC]);
    expect(searches()).toBe(1);
  });

  test("counts sessions, and has none left beyond its limit", async () => {
    const { device } = aDevice([NVENC]);
    expect(device.take(1)).toBeUndefined();
    await device.found(signal);
    const one = device.take(1);
    expect(device.take(2)).toBeUndefined();
    const other = device.take(1);
    expect(device.state).toMatchObject({ sessions: 2, used: 2, steps: { busy: 2 } });
    one?.end();
    one?.end();
    expect(device.state.used).toBe(1);
    other?.end();
    expect(device.take(2)).toBeDefined();
    expect(device.take(3)).toBeUndefined();
  });

  test("is tried again, after a pause, once a run on it has failed", async () => {
    const { device, clock, searches } = aDevice([NVENC, NVENC]);
    await device.found(signal);
    const use = device.take(1);
    use?.failed("it was removed");
    use?.end();
    expect(await device.found(signal)).toBeUndefined();
    expect(device.state.detail).toBe("no hardware encoder is used: it was removed");
    clock.ms = 59_999;
    expect(await device.found(signal)).toBeUndefined();
    expect(searches()).toBe(1);
    clock.ms = 60_000;
    // A later trial keeps nobody waiting.
    expect(await device.found(signal)).toBeUndefined();
    await settle();
    expect(await device.found(signal)).toEqual(NVENC);
  });

  test("rests longer each time that runs fail, until one works", async () => {
    const { device, clock } = aDevice([NVENC, NVENC, NVENC, NVENC]);
    const failAt = async (ms: number) => {
      clock.ms = ms;
      device.begin();
      await settle();
      const use = device.take(1);
      use?.failed("it fails");
      use?.end();
      return use !== undefined;
    };
    expect(await failAt(0)).toBe(true);
    expect(await failAt(60_000)).toBe(true);
    expect(await failAt(120_000)).toBe(false);
    clock.ms = 180_000;
    device.begin();
    await settle();
    device.take(1)?.worked();
    device.take(1)?.failed("it fails");
    clock.ms = 240_000;
    device.begin();
    await settle();
    expect(device.state.isUsable).toBe(true);
  });

  test("rests once for all runs that fail with it", async () => {
    const { device, clock } = aDevice([NVENC, { ...NVENC }, { ...NVENC }]);
    await device.found(signal);
    const [one, other] = [device.take(1), device.take(1)];
    one?.failed("it was removed");
    other?.failed("the driver is gone");
    expect(device.state.detail).toBe("no hardware encoder is used: it was removed");
    expect(device.state.steps.failed).toBe(2);
    clock.ms = 60_000;
    device.begin();
    await settle();
    expect(device.state.isUsable).toBe(true);
    // A run from before it was tried out anew.
    other?.failed("the driver is gone");
    expect(device.state.isUsable).toBe(true);
  });

  test("says why there is none, and looks again later", async () => {
    const { device, clock } = aDevice(["no driver", NVENC]);
    expect(await device.found(signal)).toBeUndefined();
    expect(device.state).toMatchObject({
      isUsable: false,
      sessions: 0,
      detail: "no hardware encoder is used: no driver",
    });
    clock.ms = 60_000;
    device.begin();
    await settle();
    expect(await device.found(signal)).toEqual(NVENC);
  });

  test("lets go of who stops waiting", async () => {
    const { device } = aDevice([new Promise<Hardware>(() => {})]);
    const stop = new AbortController();
    const waiting = device.found(stop.signal);
    stop.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
    const late = device.found(stop.signal).catch(({ message }: Error) => message);
    expect(await Promise.race([late, settle()])).toBe("stopped");
  });
});

test("tellDevice names the device and its codecs", () => {
  expect(tellDevice({ ...NVENC, device: "1" })).toBe("nvenc (1) encodes h264");
});
