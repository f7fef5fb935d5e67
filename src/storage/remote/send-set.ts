import { join } from "node:path";
import { inBatches } from "../../lib/batches.ts";
import type { PublishedText } from "../../manifest/write/published-names.ts";
import { type Content, fileContent, textContent } from "../content.ts";
import { type PublishedSet, readSet } from "../set-names.ts";
import type { DeliveryOptions, FinishedFiles } from "../storage.ts";

/** Sent at once: enough to hide the answers' travel, few enough for any server. */
const SENT_AT_ONCE = 4;

/** The leave to send a segment: it is seen by nobody before a playlist names it. */
export const quietly = async (): Promise<void> => {};

/**
 * Sends one part of a set: into the folder under a bare name, or the entry itself where there is none.
 *
 * `mayPublish` is called right before each step that can be seen.
 */
export type SendPart = (
  content: Content,
  name: string | undefined,
  mayPublish: () => Promise<void>,
) => Promise<void>;

/**
 * Sends a set to where there are no folders and no renaming: the segments, then the playlists that name them, then what
 * players are given by name, last the entry.
 *
 * @param folder - the bare name of the folder that all but the entry lie in, decoded
 * @returns what was sent
 * @throws {TaskError} `internal` where it is not whole; what `send` and `mayPublish` threw
 */
export async function sendSet(
  { entry, segments }: Required<FinishedFiles>,
  folder: string,
  { tag, mayPublish }: Pick<DeliveryOptions, "tag" | "mayPublish">,
  send: SendPart,
): Promise<PublishedSet> {
  const set = await readSet({ entry, segments }, tag, folder);
  // All looked at first, so that nothing is sent of a set that is not whole.
  const contents = await Promise.all(
    set.segments.map(async ({ own, name }) => ({
      content: await fileContent(join(segments, own)),
      name,
    })),
  );
  await mayPublish();
  // One leave is enough for all.
  await inBatches(contents, SENT_AT_ONCE, ({ content, name }) => send(content, name, quietly));
  const sendText = ({ name, text }: PublishedText, leave: () => Promise<void>) =>
    send(textContent(name, text), name, leave);
  for (const playlist of set.playlists) await sendText(playlist, quietly);
  for (const fixed of set.fixed) await sendText(fixed, mayPublish);
  await send(textContent(entry, set.entry), undefined, mayPublish);
  return set;
}
