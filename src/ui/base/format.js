import { t, tag } from "./language.js";

const UNITS = /** @type {const} */ ([
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
]);

/** `2 hours ago`. @param {string | undefined} time */
export function ago(time) {
  if (!time) return "";
  const seconds = Math.round((Date.parse(time) - Date.now()) / 1000);
  const [unit, size] = UNITS.find((one) => Math.abs(seconds) >= one[1]) ?? ["second", 1];
  const format = new Intl.RelativeTimeFormat(tag(), { numeric: "auto" });
  return format.format(Math.min(0, Math.round(seconds / size)), unit);
}

/** The moment in the reader's own time zone. @param {string | undefined} time */
export const moment = (time) =>
  time
    ? new Intl.DateTimeFormat(tag(), { dateStyle: "medium", timeStyle: "medium" }).format(
        Date.parse(time),
      )
    : "";

/** The time of day there. @param {string} time */
export const timeOfDay = (time) =>
  new Intl.DateTimeFormat(tag(), { timeStyle: "medium" }).format(Date.parse(time));

/** `1:02:03` or `0:07`. @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * How long something took, or has taken by now.
 *
 * @param {string | undefined} from
 * @param {string | undefined} to
 */
export const took = (from, to) =>
  from ? clock(((to ? Date.parse(to) : Date.now()) - Date.parse(from)) / 1000) : "";

/** @param {number} value @param {number} [digits] */
export const number = (value, digits = 0) =>
  new Intl.NumberFormat(tag(), { maximumFractionDigits: digits }).format(value);

/** @param {number} value @param {readonly string[]} units each a thousand of the one before */
function scaled(value, units) {
  let at = 0;
  let rest = value;
  while (rest >= 1000 && at < units.length - 1) {
    rest /= 1000;
    at += 1;
  }
  return `${number(rest, rest < 10 && at > 0 ? 1 : 0)} ${units[at]}`;
}

/** @param {number} bytes */
export const size = (bytes) => scaled(bytes, ["B", "kB", "MB", "GB", "TB"]);

/** @param {number} bps */
export const rate = (bps) => scaled(bps, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]);

/** A part of an address as people read it; as it stands where it is not encoded. @param {string} part */
export function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The last part of an address, which people know it by. @param {string} address */
export function nameOf(address) {
  const [path = ""] = address.split(/[?#]/);
  return decoded(path.replace(/\/+$/, "").split("/").at(-1) || address);
}

/** What the target holds, in a few words. @param {NonNullable<import("./api.js").Task["targets"][number]["output"]>} output */
export function outputLine({ container, video, audio, duration_seconds, size_bytes }) {
  const parts = [
    container,
    video && `${video.codec} ${video.width}×${video.height} ${number(video.framerate, 2)} fps`,
    audio && `${audio.codec} ${t("channels", { n: audio.channels })}`,
    clock(duration_seconds),
    size(size_bytes),
  ];
  return parts.filter(Boolean).join(" · ");
}
