import { SaxesParser } from "saxes";
import { refuseManifest } from "../manifest.ts";

/** An element. Prefixes of names are left out; its text is what stands directly in it. */
export type Element = {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Its children, by name, in their order. */
  readonly children: ReadonlyMap<string, readonly Element[]>;
  readonly text: string;
};

/** How deep elements may lie; manifests are shallower. */
const DEPTH_MAX = 32;
const ELEMENTS_MAX = 200_000;
/** The most attributes of one element; the longest list in the format has some forty. */
const ATTRIBUTES_MAX = 200;
/** The longest value; addresses of 8,000 characters, and templates, are far shorter. */
const VALUE_CHARS_MAX = 65_536;
/** The longest stretch in which no tag, text or comment ends: of some the parser takes 40 times the size until then. */
const STRETCH_CHARS_MAX = 1_048_576;
const CHUNK_CHARS = 65_536;

type Growing = Omit<Element, "children" | "text"> & {
  readonly children: Map<string, Growing[]>;
  text: string;
};

/**
 * Reads an XML document. A document type is refused, and with it all entities but the five of XML itself, so that nothing expands while
 * it is read, and nothing else is fetched.
 *
 * @throws {TaskError} `source_not_media`
 */
export function parseXml(text: string): Element {
  const parser = new SaxesParser();
  const open: Growing[] = [];
  let root: Growing | undefined;
  let count = 0;
  let at = 0;
  let endedAt = 0;
  const ends = () => {
    endedAt = at;
  };
  const refuse = (why: string) => refuseManifest("source_not_media", why);
  parser.on("error", () => {
    throw refuse("is no well-formed XML");
  });
  parser.on("doctype", () => {
    throw refuse("declares a document type");
  });
  parser.on("opentag", ({ name, attributes }) => {
    ends();
    count += 1;
    if (open.length >= DEPTH_MAX || count > ELEMENTS_MAX) throw refuse("is too large");
    const pairs = Object.entries(attributes);
    if (pairs.length > ATTRIBUTES_MAX || pairs.some(([, value]) => value.length > VALUE_CHARS_MAX))
      throw refuse("is too large");
    const element: Growing = {
      name: name.slice(name.lastIndexOf(":") + 1),
      attributes: new Map(pairs),
      children: new Map(),
      text: "",
    };
    const outer = open.at(-1);
    if (outer) adopt(outer, element);
    else root = element;
    open.push(element);
  });
  parser.on("closetag", () => {
    ends();
    open.pop();
  });
  for (const event of ["comment", "cdata", "processinginstruction"] as const)
    parser.on(event, ends);
  parser.on("text", (words) => {
    ends();
    const element = open.at(-1);
    if (element) element.text += words;
  });
  for (; at < text.length; at += CHUNK_CHARS) {
    parser.write(text.slice(at, at + CHUNK_CHARS));
    if (at - endedAt > STRETCH_CHARS_MAX) throw refuse("is too large");
  }
  parser.close();
  if (!root) throw refuse("is no well-formed XML");
  return root;
}

function adopt(outer: Growing, element: Growing): void {
  const alike = outer.children.get(element.name);
  if (alike) alike.push(element);
  else outer.children.set(element.name, [element]);
}

/** The children of an element by name. */
export const childrenOf = (element: Element | undefined, name: string): readonly Element[] =>
  element?.children.get(name) ?? [];
