import { type Filter, formatSeconds } from "../filters.ts";
import type { VideoFilters } from "../video-filters.ts";

/**
 * The filters of a picture at another time than its source's: subtitles have those of the source.
 *
 * @param aheadSeconds - how much later the source's time is than that of the picture
 */
export function drawnAhead(filters: VideoFilters, aheadSeconds: number): VideoFilters {
  if (aheadSeconds === 0 || filters.draw.length === 0) return filters;
  const shift = (sign: "+" | "-"): Filter => ({
    name: "setpts",
    values: [`PTS${sign}round(${formatSeconds(aheadSeconds)}/TB)`],
  });
  const draw = filters.draw.flatMap((filter): readonly Filter[] =>
    filter.beside
      ? [{ ...filter, beside: [...filter.beside, shift("-")] }]
      : // 7.1 forgets the rate after setpts.
        [shift("+"), filter, shift("-"), ...filters.rate],
  );
  return { ...filters, draw };
}
