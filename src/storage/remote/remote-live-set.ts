import { FIXED_NAMES } from "../../manifest/write/published-names.ts";
import { namesOthers } from "../../profile/container-rules.ts";
import { completeSet } from "../complete-set.ts";
import { fileContent, playlistContent } from "../content.ts";
import { mentionedIn } from "../set-names.ts";
import type { FinishedFiles, LiveSetWriter, PutThere } from "../storage.ts";
import { type RemoteSender, ungated } from "./remote-sender.ts";
import { findReplaced, removeReplaced, takeSetDown } from "./remove-files.ts";

/** A set on a server that is seen while it grows. */
export class RemoteLiveSet implements LiveSetWriter {
  /** Those with names of their own that were added: no playlist need name them. */
  readonly #fixed = new Set<string>();

  constructor(private readonly sender: RemoteSender) {}

  async add(path: string, name: string): Promise<void> {
    if (FIXED_NAMES.includes(name)) this.#fixed.add(name);
    const { signal, mayPublish } = this.sender.options;
    signal.throwIfAborted();
    // Playlists of renditions have one name in all attempts, and are seen at once.
    const gate = namesOthers(name) ? mayPublish : ungated;
    await this.sender.send(await fileContent(path), name, gate);
  }

  async list(text: string, isLast: boolean): Promise<void> {
    const { target, options } = this.sender;
    options.signal.throwIfAborted();
    const isNamed = mentionedIn(text);
    const isKept = (name: string) => isNamed(name) || this.#fixed.has(name);
    const replaced = isLast && (await findReplaced(target, isKept, options.signal));
    await this.sender.send(playlistContent(text), undefined, options.mayPublish);
    if (replaced) await removeReplaced(target, replaced, options);
  }

  complete(finished: Required<FinishedFiles>, sent: ReadonlySet<string>): Promise<void> {
    const { target, options } = this.sender;
    return completeSet(this, finished, sent, { tag: options.tag, folder: target.folder });
  }

  takeDown(known: PutThere): Promise<void> {
    const { target, options } = this.sender;
    return takeSetDown(target, known, options);
  }
}
