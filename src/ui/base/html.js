import htm from "htm";
import { h } from "preact";

/** Markup in template literals. Values are text: nothing is ever read as HTML. */
export const html = htm.bind(h);
