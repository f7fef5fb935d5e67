import { SaxesParser } from "saxes";
import { refuseManifest } from "../manifest.ts";

/** An element; prefixes of names are left out, texts are those directly in it. */
export type Element = {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  readonly text: string;
};

/** Deeper is no manifest. */
const DEPTH_MAX = 32;
const ELEMENTS_MAX = 200_000;

type Growing = Omit<Element, "children" | "text"> & { readonly children: Growing[]; text: string };

/**
 * Reads an XML document. A document type is refused, and with it all entities but the five of XML itself: nothing grows while
 * it is read, and nothing else is fetched.
 *
 * @throws {TaskError} `source_not_media`
 */
export function parseXml(text: string): Element {
  const parser = new SaxesParser();
  const open: Growing[] = [];
  let root: Growing | undefined;
  let count = 0;
  const refuse = (why: string) => refuseManifest("source_not_media", why);
  parser.on("error", () => {
    throw refuse("is no well-formed XML");
  });
  parser.on("doctype", () => {
    throw refuse("declares a document type");
  });
  parser.on("opentag", ({ name, attributes }) => {
    count += 1;
    if (open.length >= DEPTH_MAX || count > ELEMENTS_MAX) throw refuse("is too large");
    const pairs = Object.entries(attributes).map(([key, value]) => [key, value] as const);
    const element: Growing = {
      name: name.replace(/^.*:/, ""),
      attributes: new Map(pairs),
      children: [],
      text: "",
    };
    if (open.length === 0) root = element;
    else open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on("closetag", () => void open.pop());
  parser.on("text", (words) => {
    const element = open.at(-1);
    if (element) element.text += words;
  });
  parser.write(text).close();
  if (!root) throw refuse("is no well-formed XML");
  return root;
}

/** The children of an element by name. */
export const childrenOf = (element: Element | undefined, name: string): readonly Element[] =>
  (element?.children ?? []).filter((child) => child.name === name);
