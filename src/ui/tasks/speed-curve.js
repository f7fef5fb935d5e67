import { useEffect, useRef, useState } from "preact/hooks";
import { number } from "../base/format.js";
import { html } from "../base/html.js";
import { t } from "../base/language.js";

/** @typedef {NonNullable<import("../base/api.js").Task["progress"]>} Progress */

/** As many as a phone has pixels; the older half is thinned out beyond. */
const POINTS_MAX = 600;
const HEIGHT = 90;

/**
 * Every second point of the older half, so that a day fits as well as a minute.
 *
 * @param {readonly (readonly [number, number])[]} points
 */
function thinned(points) {
  const half = Math.floor(points.length / 2);
  return [...points.slice(0, half).filter((_, at) => at % 2 === 0), ...points.slice(half)];
}

/** The speed by time, since this page looks at the task. @param {{ progress: Progress | undefined }} props */
export function SpeedCurve({ progress }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const plot = useRef(/** @type {import("uplot") | undefined} */ (undefined));
  const points = useRef(/** @type {(readonly [number, number])[]} */ ([]));
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    let isGone = false;
    const draw = async () => {
      const { default: Plot } = await import("uplot");
      if (isGone || !place.current) return;
      plot.current = new Plot(options(place.current.clientWidth), [[], []], place.current);
      setReady(true);
    };
    void draw();
    const resize = new ResizeObserver(([entry]) => {
      if (entry) plot.current?.setSize({ width: entry.contentRect.width, height: HEIGHT });
    });
    if (place.current) resize.observe(place.current);
    return () => {
      isGone = true;
      resize.disconnect();
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => {
    if (!progress || progress.speed <= 0) return;
    points.current.push([Date.now() / 1000, progress.speed]);
    if (points.current.length > POINTS_MAX) points.current = thinned(points.current);
    plot.current?.setData([
      points.current.map(([at]) => at),
      points.current.map(([, speed]) => speed),
    ]);
  }, [progress, isReady]);
  const label = t("progress.curve", { speed: progress ? number(progress.speed, 1) : "0" });
  return html`<div class="curve" role="img" aria-label=${label} ref=${place}></div>`;
}

/** @param {number} width @returns {import("uplot").Options} */
const options = (width) => ({
  width,
  height: HEIGHT,
  legend: { show: false },
  cursor: { show: false },
  axes: [{ show: false }, { show: false }],
  scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
  series: [
    {},
    {
      stroke: "#1792ab",
      fill: "rgba(23, 146, 171, 0.18)",
      width: 2,
      points: { show: false },
    },
  ],
});
