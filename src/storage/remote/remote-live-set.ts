import { FIXED_NAMES } from "../../manifest/write/published-names.ts";
import { fileContent, playlistContent } from "../content.ts";
import { mentionedIn } from "../set-names.ts";
import type { LiveSetWriter } from "../storage.ts";
import { type RemoteSender, ungated } from "./remote-sender.ts";
import { removeReplaced } from "./remove-files.ts";

/** A set on a server that is seen while it grows. */
export class RemoteLiveSet implements LiveSetWriter {
  /** Those with names of their own that were added: no playlist need name them. */
  readonly #fixed = new Set<string>();

  constructor(private readonly sender: RemoteSender) {}

  async add(path: string, name: string): Promise<void> {
    this.sender.options.signal.throwIfAborted();
    if (FIXED_NAMES.includes(name)) this.#fixed.add(name);
    await this.sender.send(await fileContent(path), name, ungated);
  }

  async list(text: string, isLast: boolean): Promise<void> {
    const { target, options } = this.sender;
    options.signal.throwIfAborted();
    await this.sender.send(playlistContent(text), undefined, options.mayPublish);
    if (!isLast) return;
    const isNamed = mentionedIn(text);
    await removeReplaced(target, (name) => isNamed(name) || this.#fixed.has(name), options.signal);
  }
}
