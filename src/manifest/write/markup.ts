/** A text in which the signs of markup are written out, as XML and WebVTT want it. Quotes stay: it is no attribute. */
export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
