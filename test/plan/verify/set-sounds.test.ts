import { describe, expect, test } from "bun:test";
import { soundAttributes, withSoundRoles } from "../../../src/plan/verify/set-sounds.ts";
import type { SoundLabel } from "../../../src/probe/media.ts";

const track = (label: Partial<SoundLabel>) => ({
  kind: "audio" as const,
  ...(label.language !== undefined && { language: label.language }),
  sound: { label: { dispositions: [], isDefault: false, ...label } },
});

describe("soundAttributes", () => {
  test("names each sound of a group, no two alike, and tells what it is for", () => {
    const tracks = [
      track({ language: "eng", isDefault: true, beside: "surround" }),
      track({ language: "eng", beside: "stereo" }),
      track({ language: "deu", dispositions: ["visual_impaired", "descriptions"] }),
      track({ language: "deu", dispositions: ["hearing_impaired"] }),
      track({ title: 'The "maker"', dispositions: ["comment"] }),
      track({}),
    ];
    const group = tracks.map((_, at) => at);
    expect(group.map((at) => soundAttributes(tracks, group, at).join(","))).toEqual([
      'NAME="English 5.1",DEFAULT=YES,AUTOSELECT=YES,LANGUAGE="en"',
      'NAME="English stereo",DEFAULT=NO,AUTOSELECT=YES,LANGUAGE="en"',
      'NAME="German",DEFAULT=NO,AUTOSELECT=YES,LANGUAGE="de",CHARACTERISTICS="public.accessibility.describes-video"',
      'NAME="German 2",DEFAULT=NO,AUTOSELECT=YES,LANGUAGE="de",CHARACTERISTICS="public.accessibility.enhances-speech-intelligibility"',
      `NAME="The 'maker'",DEFAULT=NO,AUTOSELECT=NO`,
      'NAME="audio",DEFAULT=NO,AUTOSELECT=YES',
    ]);
  });
});

describe("withSoundRoles", () => {
  test("says in each set of sounds that were chosen what it is for, and changes no other", () => {
    const set = (id: number, more = "") =>
      `<AdaptationSet id="${id}"${more}><Representation id="${id}"/></AdaptationSet>`;
    const tracks = [
      { kind: "video" as const },
      track({ language: "eng", isDefault: true }),
      track({ language: "fra", title: "A & <B>", dispositions: ["visual_impaired"] }),
    ];
    const role = (value: string) =>
      `<Role schemeIdUri="urn:mpeg:dash:role:2011" value="${value}"/>`;
    expect(withSoundRoles([set(0), set(1), set(2)].join(""), tracks)).toBe(
      [
        set(0),
        set(1).replace("><R", `><Label>English</Label>${role("main")}<R`),
        set(2).replace(
          "><R",
          `><Label>A &amp; &lt;B&gt;</Label><Accessibility schemeIdUri="urn:tva:metadata:cs:AudioPurposeCS:2007" value="1"/>${role("alternate")}<R`,
        ),
      ].join(""),
    );
  });
});
