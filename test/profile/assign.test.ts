import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { assignRenditions } from "../../src/profile/assign.ts";
import type { Container } from "../../src/profile/containers.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { systemProfile } from "../../src/profile/system-profiles.ts";
import { TaskError } from "../../src/task/errors.ts";
import { aProfile, aRendition } from "./builders.ts";

const A = aRendition(1_000_000);
const B = aRendition(2_000_000);
const C = aRendition(3_000_000);

/** So many targets without a profile of their own. */
const plain = (targets: number): undefined[] => Array.from({ length: targets });

/** Bitrates and targets, for short tables. */
const shares = (task: Profile, overrides: readonly (Profile | undefined)[]) =>
  assignRenditions(task, overrides).map(({ rendition, targets }) => [rendition, targets] as const);

function refusalOf(task: Profile, overrides: readonly (Profile | undefined)[]): TaskError {
  try {
    assignRenditions(task, overrides);
  } catch (error) {
    if (error instanceof TaskError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

function system(name: string): Profile {
  const profile = systemProfile(name);
  if (!profile) throw new Error(`${name} is no system profile`);
  return profile;
}

describe("assignRenditions", () => {
  test.each([1, 2, 3, 32])("gives one rendition to %d targets as one encode", (targets) => {
    expect(shares(aProfile(A), plain(targets))).toEqual([[A, [...plain(targets).keys()]]]);
  });

  test("gives as many renditions as targets pairwise, in order", () => {
    expect(shares(aProfile(A, B, C), plain(3))).toEqual([
      [A, [0]],
      [B, [1]],
      [C, [2]],
    ]);
  });

  test.each(["m3u8", "dash"] as const)(
    "gives several %s renditions to as many targets pairwise",
    (container) => {
      const renditions = [aRendition(1, container), aRendition(2, container)];
      expect(
        assignRenditions(aProfile(...renditions), plain(2)).map(({ targets }) => targets),
      ).toEqual([[0], [1]]);
    },
  );

  test("encodes a rendition that a profile holds twice once", () => {
    expect(shares(aProfile(A, B, aRendition(1_000_000)), plain(3))).toEqual([
      [A, [0, 2]],
      [B, [1]],
    ]);
  });

  test("takes renditions for the same in whatever order their properties were set", () => {
    const turned = { audio: A.audio, video: A.video, container: A.container };
    expect(JSON.stringify(turned)).not.toBe(JSON.stringify(A));
    expect(shares(aProfile(A, turned), plain(2))).toEqual([[A, [0, 1]]]);
  });

  test.each([
    ["container", aRendition(1_000_000, "mkv")],
    ["bitrate", B],
    ["audio", { ...A, audio: "none" as const }],
    ["video", { ...A, video: "copy" as const }],
    [
      "frame rate",
      { ...A, video: { ...(A.video as object), framerate: { num: 25, den: 1 } } as never },
    ],
  ])("keeps renditions apart that differ in %s", (_what, other) => {
    expect(assignRenditions(aProfile(A, other), plain(2))).toHaveLength(2);
  });

  test.each([
    [2, 1],
    [2, 3],
    [3, 2],
    [3, 1],
    [5, 32],
  ])("refuses %d renditions for %d targets", (renditions, targets) => {
    const many = Array.from({ length: renditions }, (_, index) => aRendition(index + 1));
    const error = refusalOf(aProfile(...many), plain(targets));
    expect(error.code).toBe("invalid_parameter");
    expect(error.fields.map(({ path }) => path)).toEqual(["targets"]);
    expect(error.message).toContain(`${renditions} renditions for ${targets} target`);
  });

  test("refuses a profile without renditions", () => {
    expect(refusalOf(aProfile(), plain(1)).code).toBe("invalid_parameter");
  });

  test.each(["m3u8", "dash", "cmaf"] as const)(
    "makes several %s renditions for one target an adaptive set",
    (container) => {
      const renditions = [aRendition(1, container), aRendition(2, container)];
      expect(assignRenditions(aProfile(...renditions), plain(1))).toEqual([
        { rendition: aRendition(1, container), targets: [0], set: { renditions, isLadder: false } },
      ]);
    },
  );

  test.each([
    ["m3u8", "dash"],
    ["m3u8", "mp4"],
    ["mp4", "mp4"],
  ] as const)("refuses renditions in %s and %s for one target", (one, other) => {
    const profile = aProfile(aRendition(1, one), aRendition(2, other));
    expect(refusalOf(profile, plain(1)).code).toBe("invalid_parameter");
  });

  test.each(["dash", "cmaf"] as const)("makes one %s rendition a set of one", (container) => {
    const rendition = aRendition(1, container);
    const set = { renditions: [rendition], isLadder: false };
    expect(assignRenditions(aProfile(rendition), plain(2))).toEqual([
      { rendition, targets: [0, 1], set },
    ]);
  });

  test("makes every m3u8 rendition a set where the profile wants small pictures", () => {
    const thumbnails = { intervalSeconds: 10, width: 160 };
    const renditions = [aRendition(1, "m3u8"), aRendition(2, "m3u8")];
    const sets = (targets: number) =>
      assignRenditions({ ...aProfile(...renditions), thumbnails }, plain(targets)).map(
        ({ set }) => set,
      );
    expect(sets(1)).toEqual([{ renditions, isLadder: false, thumbnails }]);
    expect(sets(2)).toEqual(
      renditions.map((one) => ({ renditions: [one], isLadder: false, thumbnails })),
    );
  });

  test.each(["video_hls_adaptive", "video_dash_adaptive"])(
    "gives the ladder of %s to any number of targets, made once",
    (name) => {
      for (const targets of [1, 2, 5]) {
        const [made, ...others] = assignRenditions(system(name), plain(targets));
        expect(others).toEqual([]);
        expect(made?.targets).toEqual([...plain(targets).keys()]);
        expect(made?.set?.isLadder).toBe(true);
        expect(made?.set?.renditions).toHaveLength(5);
      }
    },
  );

  test("gives nothing to no targets", () => {
    expect(assignRenditions(aProfile(A), [])).toEqual([]);
  });
});

describe("assignRenditions with profiles of targets' own", () => {
  test("gives a target its own rendition and the others the task's", () => {
    expect(shares(aProfile(A), [undefined, aProfile(B), undefined])).toEqual([
      [A, [0, 2]],
      [B, [1]],
    ]);
  });

  test("orders assignments by their first target", () => {
    expect(shares(aProfile(A), [aProfile(C), aProfile(B), undefined, aProfile(C)])).toEqual([
      [C, [0, 3]],
      [B, [1]],
      [A, [2]],
    ]);
  });

  test("shares one encode where a target's own profile asks for the task's rendition", () => {
    const own = { ...aProfile(aRendition(1_000_000)), name: "other", description: "other" };
    expect(shares(aProfile(A), [undefined, own])).toEqual([[A, [0, 1]]]);
  });

  test("shares one encode between hls and m3u8 names", () => {
    const [hls, m3u8] = ["hls", "m3u8"].map((word) => system(`video_${word}_640x360_520kbps`));
    expect(assignRenditions(hls as Profile, [undefined, m3u8])).toHaveLength(1);
  });

  test("lets the remaining targets meet the task's renditions as if they were alone", () => {
    expect(shares(aProfile(A, B), [undefined, aProfile(C), undefined])).toEqual([
      [A, [0]],
      [C, [1]],
      [B, [2]],
    ]);
  });

  test("refuses the task's renditions where only the remaining targets do not go with them", () => {
    const error = refusalOf(aProfile(A, B), [undefined, aProfile(C)]);
    expect(error.code).toBe("invalid_parameter");
    expect(error.fields.map(({ path }) => path)).toEqual(["targets"]);
  });

  test.each([
    ["several renditions", aProfile(A, B)],
    ["an adaptive set", system("video_hls_adaptive")],
  ])("does not mind a task profile of %s that no target uses", (_what, task) => {
    expect(shares(task, [aProfile(C), aProfile(C)])).toEqual([[C, [0, 1]]]);
  });

  test("refuses a target's own profile of several renditions, and says where", () => {
    const error = refusalOf(aProfile(A), [undefined, aProfile(B, C)]);
    expect(error.code).toBe("invalid_parameter");
    expect(error.fields.map(({ path }) => path)).toEqual(["targets[1].profile_name"]);
  });

  test.each([
    ["an adaptive profile", system("video_dash_adaptive")],
    ["several m3u8 renditions", aProfile(aRendition(1, "m3u8"), aRendition(2, "m3u8"))],
  ])("makes %s of a target's own an adaptive set", (_what, own) => {
    const made = assignRenditions(aProfile(A), [undefined, own]);
    expect(made.map(({ targets, set }) => [targets, set?.renditions])).toEqual([
      [[0], undefined],
      [[1], own.renditions],
    ]);
  });

  const container = fc.constantFrom<Container>("mp4", "m3u8", "mkv");
  const rendition = fc
    .tuple(fc.integer({ min: 1, max: 3 }), container)
    .map(([rate, into]) => aRendition(rate, into));
  const single = rendition.map((one) => aProfile(one));
  const overrides = fc.array(fc.option(single, { nil: undefined }), {
    minLength: 1,
    maxLength: 12,
  });

  test("puts every target into exactly one assignment, of the rendition it asked for", () => {
    fc.assert(
      fc.property(single, overrides, (task, own) => {
        const assignments = assignRenditions(task, own);
        const targets = assignments.flatMap((assignment) => assignment.targets);
        expect(targets.toSorted((one, other) => one - other)).toEqual([...own.keys()]);
        for (const { rendition: made, targets: fed } of assignments)
          for (const target of fed)
            expect(made).toEqual((own[target] ?? task).renditions[0] as never);
      }),
    );
  });

  test("never encodes one rendition twice, and keeps the order of first targets", () => {
    fc.assert(
      fc.property(single, overrides, (task, own) => {
        const assignments = assignRenditions(task, own);
        const made = assignments.map((assignment) => JSON.stringify(assignment.rendition));
        expect(new Set(made).size).toBe(made.length);
        const firsts = assignments.map(({ targets }) => targets[0] ?? -1);
        expect(firsts).toEqual(firsts.toSorted((one, other) => one - other));
        for (const { targets } of assignments)
          expect([...targets]).toEqual(targets.toSorted((one, other) => one - other));
      }),
    );
  });

  test("gives each of N remaining targets its own of N renditions", () => {
    const several = fc.array(rendition, { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(several, fc.array(single, { maxLength: 4 }), (renditions, own) => {
        const all = [...own, ...plain(renditions.length)];
        const assignments = assignRenditions(aProfile(...renditions), all);
        renditions.forEach((wanted, index) => {
          const target = own.length + index;
          const found = assignments.find(({ targets }) => targets.includes(target));
          expect(found?.rendition).toEqual(wanted);
        });
      }),
    );
  });
});
