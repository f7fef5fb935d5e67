import { describe, expect, test } from "bun:test";
import { growingManifest } from "../../src/plan/growing-manifest.ts";

/** As ffmpeg 5.1.9 writes it, shortened. */
const run = (name: string) => ({
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
						<S t="0" d="25600" r="1" />
					</SegmentTimeline>
				</SegmentTemplate>
			</Representation>
		</AdaptationSet>
	</Period>
</MPD>
`,
});

describe("growingManifest", () => {
  const runs = [run("a"), { ...run("b"), seconds: 2.5 }];

  test("tells players when to look again while it grows, and leaves its last period open", () => {
    const text = growingManifest(runs, "x%20y/", false, 1_800_000_000_000);
    expect(text).toContain('type="dynamic" availabilityStartTime="2026-11-26T04:29:25.919Z"');
    expect(text).toContain('publishTime="2027-01-15T08:00:00.000Z" minimumUpdatePeriod="PT2S"');
    expect(text).toContain('<Period id="0" start="PT0.000S" duration="PT4.000S">');
    expect(text).toContain('<Period id="1" start="PT4.000S">');
    expect(text).toContain('initialization="x%20y/a-init-$RepresentationID$.mp4"');
    expect(text).toContain('media="x%20y/b-chunk-$RepresentationID$-$Number%05d$.m4s"');
    expect(text.match(/<AdaptationSet /g)).toHaveLength(2);
  });

  test("is one of a film when it has ended", () => {
    const text = growingManifest(runs, "", true, 0);
    expect(text).toContain('type="static" mediaPresentationDuration="PT6.500S"');
    expect(text).toContain('<Period id="1" start="PT4.000S" duration="PT2.500S">');
    expect(text).not.toContain("minimumUpdatePeriod");
  });
});
