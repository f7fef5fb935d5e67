import type { Denoise } from "../../profile/fields/picture.ts";
import type { Filter } from "./filters.ts";

/**
 * How strongly the filter smooths each picture, and over time: its own defaults are the medium. The strengths for colours follow from
 * these as the filter has it.
 */
const STRENGTHS: Readonly<Record<Denoise, { spatial: number; temporal: number }>> = {
  light: { spatial: 2, temporal: 3 },
  medium: { spatial: 4, temporal: 6 },
  strong: { spatial: 8, temporal: 12 },
};

/** The filters that take noise from a picture. */
export function denoising(denoise: Denoise | undefined): readonly Filter[] {
  if (denoise === undefined) return [];
  const { spatial, temporal } = STRENGTHS[denoise];
  return [{ name: "hqdn3d", options: { luma_spatial: spatial, luma_tmp: temporal } }];
}
