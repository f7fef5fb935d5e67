import { describe, expect, test } from "bun:test";
import { liveMpd } from "../../../src/manifest/write/live-mpd.ts";

/** As ffmpeg 5.1.9 writes it, shortened. */
const run = (name: string, part = 0, timeline = '<S t="0" d="25600" r="1" />') => ({
  part,
  seconds: 4,
  text: `<?xml version="1.0" encoding="utf-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"
	type="dynamic"
	availabilityStartTime="2026-11-26T04:29:25.919Z"
	publishTime="2026-11-26T04:29:27.917Z">
	<Period id="0" start="PT0.0S">
		<AdaptationSet id="0" contentType="video">
			<Representation id="0" codecs="avc1.64000b">
				<SegmentTemplate timescale="12800" initialization="${name}-init-$RepresentationID$.mp4" media="${name}-chunk-$RepresentationID$-$Number%05d$.m4s" startNumber="1">
					<SegmentTimeline>
						${timeline}
					</SegmentTimeline>
				</SegmentTemplate>
			</Representation>
		</AdaptationSet>
	</Period>
</MPD>
`,
});

describe("liveMpd", () => {
  const runs = [run("a"), { ...run("b", 1), seconds: 2.5 }];
  const times = { available: "2026-11-26T04:29:25.919Z", publishMs: 1_800_000_000_000 };

  test("tells players when to look again while it grows, and leaves its last period open", () => {
    const text = liveMpd(runs, "x%20y/", false, times);
    expect(text).toContain('type="dynamic" availabilityStartTime="2026-11-26T04:29:25.919Z"');
    expect(text).toContain('publishTime="2027-01-15T08:00:00.000Z" minimumUpdatePeriod="PT2S"');
    expect(text).toContain('<Period id="0" start="PT0.000S" duration="PT4.000S">');
    expect(text).toContain('<Period id="1" start="PT4.000S">');
    expect(text).toContain('initialization="x%20y/a-init-$RepresentationID$.mp4"');
    expect(text).toContain('media="x%20y/b-chunk-$RepresentationID$-$Number%05d$.m4s"');
    expect(text.match(/<AdaptationSet /g)).toHaveLength(2);
  });

  test("is one of a film when it has ended", () => {
    const text = liveMpd(runs, "", true, times);
    expect(text).toContain('type="static" mediaPresentationDuration="PT6.500S"');
    expect(text).toContain('<Period id="1" start="PT4.000S" duration="PT2.500S">');
    expect(text).not.toContain("minimumUpdatePeriod");
  });

  test("names the newest segments of the last runs while it grows, under their own numbers", () => {
    const timeline = '<S t="0" d="10" r="949" />\n<S d="7" />\n<S d="9" r="1" />';
    const many = [0, 1, 2, 3].map((part) => run("a", part, timeline));
    const text = liveMpd(many, "", false, times);
    expect([...(text.match(/<Period id="\d"/g) ?? [])]).toEqual(
      ["1", "2", "3"].map((id) => `<Period id="${id}"`),
    );
    expect(text).toContain('<Period id="1" start="PT4.000S"');
    expect(text).toContain('startNumber="54">\n<SegmentTimeline>\n<S t="530" d="10" />\n');
    expect(text).toContain('<S t="9500" d="7" />\n<S t="9507" d="9" />\n<S t="9516" d="9" />\n');
    expect(text.match(/<S /g)).toHaveLength(3 * 900);
    expect(liveMpd(many, "", true, times)).toContain('<S t="0" d="10" r="949" />');
  });
});
