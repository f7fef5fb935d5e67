import type { Rendition } from "../../profile/profile.ts";
import type { Capabilities } from "../plan.ts";
import { burnsIn } from "../subtitles/burn-in.ts";
import type { Impossibility } from "./impossibility.ts";

const FILTERS = ["subtitles", "movie", "overlay", "mpdecimate"];
const ENCODERS = ["ass", "ffv1"];
const MUXERS = ["matroska"];

/** Why subtitles cannot be drawn into a picture here; undefined if they can. Whether they are text is known with the source alone. */
export function burnInFault(
  rendition: Rendition,
  { engine, encoders, muxers, filters, streamsOutput }: Capabilities,
): Impossibility | undefined {
  if (!burnsIn(rendition)) return undefined;
  const refuse = (why: string, code: Impossibility["code"]): Impossibility => ({
    code,
    message: `Cannot draw subtitles into the picture: ${why}`,
  });
  if (streamsOutput)
    return refuse("they are kept on a disk, and there is none here", "output_not_supported");
  // It could draw them, but knows no font: a machine's fonts are out of its reach.
  if (engine === "wasm") return refuse("the engine has no fonts", "encoder_missing");
  const lost = [
    ...FILTERS.map((name) => ({ kind: "filter", name, all: filters })),
    ...ENCODERS.map((name) => ({ kind: "encoder", name, all: encoders })),
    ...MUXERS.map((name) => ({ kind: "muxer", name, all: muxers })),
  ].find(({ name, all }) => !all.includes(name));
  return lost && refuse(`the engine has no ${lost.kind} ${lost.name}`, "encoder_missing");
}
