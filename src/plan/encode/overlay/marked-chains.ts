import type { Chain } from "../filters.ts";
import type { Mark } from "./watermark.ts";

/** A picture's filters, and those that lay its watermark over what comes of them: the chains from a stream, or a label, to a label. */
export function markedChains(
  mark: Mark | undefined,
  { from, filters, to }: Omit<Chain, "to"> & { readonly to: string },
): readonly Chain[] {
  if (!mark) return [{ from, filters, to: [to] }];
  const [plain, own] = [`${to}p`, `${to}w`];
  return [
    { from, filters, to: [plain] },
    { from: [`${mark.input}:0`], filters: mark.filters, to: [own] },
    { from: [plain, own], filters: [mark.overlay, ...(mark.upload ?? [])], to: [to] },
  ];
}
