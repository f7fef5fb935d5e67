import { getLogger } from "@logtape/logtape";
import type { Node as FleetNode } from "../../fleet/fleet.ts";
import { forecast } from "../../plan/forecast.ts";
import type { Capabilities } from "../../plan/plan.ts";
import { planTask } from "../../plan/plan-task.ts";
import { tell } from "../../plan/tell.ts";
import { readSource } from "../../probe/judge-source.ts";
import { systemProfile } from "../../profile/system-profiles.ts";
import type { Queue } from "../../queue/queue.ts";

const log = getLogger(["pontus", "worker"]);

const PROFILE = "video_mp4_640x360_520kbps";
const PIXELS_MAX = 640 * 360;

/** What it needs of its own node. */
type Node = Pick<FleetNode, "id" | "engine" | "abilities" | "capabilities">;

/** What ffprobe says of a clip of one second, as phones make them. */
const PROBED = {
  packets: [
    { stream_index: 0, pts_time: "0.000000", duration_time: "0.033333", flags: "K_" },
    { stream_index: 1, pts_time: "0.000000", duration_time: "0.021333", flags: "K_" },
  ],
  streams: [
    {
      ...{ index: 0, codec_type: "video", codec_name: "h264", profile: "High", id: "0x1" },
      ...{ width: 640, height: 360, sample_aspect_ratio: "1:1", pix_fmt: "yuv420p" },
      ...{ field_order: "progressive", r_frame_rate: "30/1", avg_frame_rate: "30/1" },
      ...{ start_time: "0.000000", duration: "1.000000", bit_rate: "794392", nb_frames: "30" },
      ...{ disposition: { default: 1 }, tags: { language: "und" } },
    },
    {
      ...{ index: 1, codec_type: "audio", codec_name: "aac", profile: "LC", id: "0x2" },
      ...{ sample_fmt: "fltp", sample_rate: "48000", channels: 2, channel_layout: "stereo" },
      ...{ r_frame_rate: "0/0", avg_frame_rate: "0/0" },
      ...{ start_time: "0.000000", duration: "1.000000", bit_rate: "127848", nb_frames: "48" },
      ...{ disposition: { default: 1 }, tags: { language: "und" } },
    },
  ],
  chapters: [],
  format: {
    ...{ format_name: "mov,mp4,m4a,3gp,3g2,mj2", start_time: "0.000000", duration: "1.000000" },
    ...{ size: "118118", bit_rate: "944944", tags: { major_brand: "isom" } },
  },
};

/**
 * Does once, for nobody, what a worker does between the claim of a task and its encoder: code that has never run is compiled when it first does, and
 * statements are planned when they are first asked. Else the first task of each worker waits for that. Touches no task and no file. Never rejects.
 */
export async function rehearse(
  queue: Pick<Queue, "rehearse">,
  { id, engine, abilities, capabilities }: Node,
): Promise<void> {
  try {
    await queue.rehearse?.({ id, engine, abilities });
    planOnce(capabilities);
  } catch (error) {
    log.debug("Cannot rehearse a task: {error}", { error });
  }
}

/** Plans what most engines can make. @throws {TaskError} if this one cannot */
export function planOnce(capabilities: Capabilities): readonly string[] {
  const renditions = systemProfile(PROFILE)?.renditions ?? [];
  const assignments = renditions.map((rendition, index) => ({ rendition, targets: [index] }));
  const media = readSource(PROBED, "", PIXELS_MAX);
  const plan = planTask({ assignments, tag: "rehearsal" }, media, capabilities);
  return [...tell(forecast(plan, media, capabilities), media)];
}
