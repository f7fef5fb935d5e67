import { join } from "node:path";
import { inBatches } from "../../lib/batches.ts";
import type { PublishedText } from "../../manifest/write/published-names.ts";
import { fileContent, textContent } from "../content.ts";
import { type PublishedSet, publishedIn, readSet } from "../set-names.ts";
import type { FinishedFiles } from "../storage.ts";
import { type Gate, type RemoteSender, ungated } from "./remote-sender.ts";
import { findReplaced, removeReplaced, removeUnfinished } from "./remove-files.ts";

/** Files sent at once: enough to hide the latency of the answers, few enough for any server. */
const SENT_AT_ONCE = 4;

// The order in which a set becomes visible on a server, which cannot rename: the segments, then the playlists that
// name them (`sendUnseen`), then what players are given by name, last the entry (`makeVisible`); then the files of the set
// that it replaces are removed.

/** Delivers finished files. @throws {TaskError} as `Storage.deliver` */
export async function deliverFiles(
  sender: RemoteSender,
  { entry, segments }: FinishedFiles,
): Promise<void> {
  const { target, options } = sender;
  await target.parts?.sweep(options);
  if (segments === undefined)
    return sender.send(await fileContent(entry), undefined, options.mayPublish);
  try {
    const set = await readSet({ entry, segments }, options.tag, target.folder);
    await sendSegments(sender, set, segments);
    await sendUnseen(sender, set);
    await makeVisible(sender, set, entry);
  } catch (error) {
    await removeUnfinished(target, options.tag);
    throw error;
  }
}

async function sendSegments(
  sender: RemoteSender,
  { segments }: PublishedSet,
  folder: string,
): Promise<void> {
  // All are opened first, so that nothing is sent of a set that is not complete.
  const files = await Promise.all(
    segments.map(async ({ own, name }) => ({
      name,
      content: await fileContent(join(folder, own)),
    })),
  );
  // Asked once for all of them: nobody sees them yet.
  await sender.options.mayPublish();
  await inBatches(files, SENT_AT_ONCE, ({ content, name }) => sender.send(content, name, ungated));
}

/** Sends the playlists of a set whose segments were sent: nobody sees either before the entry names them. */
export async function sendUnseen(sender: RemoteSender, { playlists }: PublishedSet): Promise<void> {
  for (const playlist of playlists) await sendText(sender, playlist, ungated);
}

/**
 * Lets a set take the place of the one that is there: a reader may have the new one from the beginning of this on.
 *
 * @param entry - the name of the entry: its extension says what it is
 */
export async function makeVisible(
  sender: RemoteSender,
  set: PublishedSet,
  entry: string,
): Promise<void> {
  const { target, options } = sender;
  const { mayPublish, tag, signal } = options;
  const replaced = await findReplaced(target, publishedIn(set, tag), signal);
  for (const fixed of set.fixed) await sendText(sender, fixed, mayPublish);
  await sender.send(textContent(entry, set.entry), undefined, mayPublish);
  await removeReplaced(target, replaced, options);
}

const sendText = (sender: RemoteSender, { name, text }: PublishedText, gate: Gate) =>
  sender.send(textContent(name, text), name, gate);
