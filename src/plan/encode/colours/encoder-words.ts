import {
  CHROMATICITY_UNITS,
  type Chromaticity,
  LUMINANCE_UNITS,
  type MasteringDisplay,
} from "../../../probe/media.ts";
import type { KeptColour } from "../../plan.ts";

/** The options by which an encoder states the colours that are kept. */
export function colourTags({
  tags,
}: KeptColour): readonly (readonly [name: string, value: string])[] {
  const { primaries, transfer, space, range } = tags;
  const all = {
    color_primaries: primaries,
    color_trc: transfer,
    colorspace: space,
    color_range: range,
  };
  return Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
}

/** The parameters of x265 that state the light of displays: in the units of the standard. */
export function x265Light({ light = {} }: Pick<KeptColour, "light">): readonly string[] {
  const { mastering, content } = light;
  return [
    ...(mastering ? [`master-display=${displayText(mastering)}`] : []),
    ...(content ? [`max-cll=${content.max},${content.average}`] : []),
  ];
}

/** The parameters of SVT-AV1 that state the light of displays: as fractions, and in cd/m². */
export function svtLight({ light = {} }: Pick<KeptColour, "light">): readonly string[] {
  const { mastering, content } = light;
  return [
    ...(mastering
      ? [`mastering-display=${displayText(mastering, CHROMATICITY_UNITS, LUMINANCE_UNITS)}`]
      : []),
    ...(content ? [`content-light=${content.max},${content.average}`] : []),
  ];
}

function displayText(
  { red, green, blue, white, luminance }: MasteringDisplay,
  placeUnits = 1,
  lightUnits = 1,
): string {
  const point = ([x, y]: Chromaticity) => `(${x / placeUnits},${y / placeUnits})`;
  const lights = `(${luminance.max / lightUnits},${luminance.min / lightUnits})`;
  return `G${point(green)}B${point(blue)}R${point(red)}WP${point(white)}L${lights}`;
}
