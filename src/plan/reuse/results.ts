import { renditionsOf } from "../../profile/assign.ts";
import type { Assignment } from "../../profile/profile.ts";
import type { Plan, Step } from "../plan.ts";

/** What a step's own part in a result is; how it is shared out, or what it takes, changes nothing of that. */
const partOf = ({ name, args, writes, texts, captions }: Step) => ({
  ...{ name, args, writes },
  ...(texts && { texts }),
  ...(captions && { captions }),
});

/** What a plan makes of its source, as a text: the same for two plans whose results are the same, whoever gets them. @param tag - as of its request */
export function resultText({ steps, products }: Plan, tag: string): string {
  const made = products.map(({ targets: _, ...product }) => product);
  return JSON.stringify([steps.map(partOf), made]).replaceAll(tag, "TAG");
}

/**
 * Why what a plan makes is not kept to be used again, as a part of a sentence; undefined if it may be.
 *
 * Kept is what depends on nothing but the bytes of one source, the plan, and the engine.
 */
export function whyUnkept(
  { steps, products, inputs, measuring }: Plan,
  assignments: readonly Assignment[],
): string | undefined {
  if (inputs || steps.some(({ name }) => name === "join"))
    return "it is made of more than one source";
  if (products.some(({ protection }) => protection)) return "it is encrypted by keys of its task";
  if (measuring || renditionsOf(assignments).some(skipsLarger))
    return "it depends on measurements of what comes out";
  if (steps.some(({ hardware }) => hardware)) return "a device may encode it";
  if (steps.some(({ needsFonts }) => needsFonts)) return "it is drawn with the fonts of a machine";
  if (!steps.some(({ name }) => name === "encode")) return "nothing is encoded for it";
  return undefined;
}

const skipsLarger = ({ video }: ReturnType<typeof renditionsOf>[number]): boolean =>
  typeof video === "object" && video.skipsLarger === true;
