import type {
  Hardware,
  HardwareEncoder,
  HardwareFamily,
} from "../../../src/plan/device/hardware.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { planTask } from "../../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../../src/probe/media.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { aCapabilities, aMedia, aRendition } from "../builders.ts";

/** A device of a family that encodes everything. */
export function aDevice(family: HardwareFamily, fields: Partial<HardwareEncoder> = {}): Hardware {
  const encoder = (codec: string): HardwareEncoder => ({
    family,
    name: `${codec}_${family}`,
    hasBFrames: true,
    ...fields,
  });
  const encoders = { h264: encoder("h264"), h265: encoder("hevc"), av1: encoder("av1") };
  const { device } = fields;
  return { family, ...(device !== undefined && { device }), encoders };
}

/** Debian's ffmpeg with a device, and with the filter that measures. */
export const withDevice = (hardware: Hardware) => {
  const { filters } = aCapabilities();
  return aCapabilities({ hardware, filters: [...filters, "ssim"] });
};

/** Plans on a device, each rendition with one target. */
export const planOn = (
  hardware: Hardware,
  renditions: readonly Partial<Rendition>[],
  media: MediaInfo = aMedia(),
): Plan =>
  planTask(
    {
      assignments: renditions.map((fields, at) => ({
        rendition: aRendition(fields),
        targets: [at],
      })),
      tag: "t1",
    },
    media,
    withDevice(hardware),
  );
