/** @typedef {import("../base/api.js").Task} Task */

/**
 * What stands in the form: text, as it was typed.
 *
 * @typedef {{
 *   source: string, profile: string, targets: { url: string, profile: string }[],
 *   priority: string, timeout: string, start: string, duration: string, metadata: string,
 * }} Draft
 */

/** A form in which nothing stands. @type {Draft} */
export const EMPTY = {
  source: "",
  profile: "",
  targets: [{ url: "", profile: "" }],
  priority: "",
  timeout: "",
  start: "",
  duration: "",
  metadata: "",
};

/** The form of a task that there is. @param {Task} task @returns {Draft} */
export const draftOf = (task) => ({
  source: task.source.source_url,
  profile: task.profile_name,
  targets: task.targets.map(({ target_url, profile_name = "" }) => ({
    url: target_url,
    profile: profile_name,
  })),
  priority: task.priority === 0 ? "" : String(task.priority),
  timeout: String(task.timeout_seconds ?? ""),
  start: String(task.clip?.start_seconds ?? ""),
  duration: String(task.clip?.duration_seconds ?? ""),
  metadata: Object.entries(task.metadata ?? {})
    .map((pair) => pair.join("="))
    .join("\n"),
});

/** `order=A-17`, one a line. @param {string} text */
const metadataOf = (text) =>
  Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.trim())
      .map((line) => {
        const [name = "", ...value] = line.split("=");
        return [name.trim(), value.join("=").trim()];
      }),
  );

/** The body of the create. The service judges what stands in it. @param {Draft} draft */
export function bodyOf({ source, profile, targets, priority, timeout, start, duration, metadata }) {
  return {
    source: { source_url: source.trim() },
    ...(profile && { profile_name: profile.trim() }),
    targets: targets.map((target) => ({
      target_url: target.url.trim(),
      ...(target.profile && { profile_name: target.profile.trim() }),
    })),
    ...(priority && { priority: Number(priority) }),
    ...(timeout && { timeout_seconds: Number(timeout) }),
    ...((start || duration) && {
      clip: {
        start_seconds: Number(start),
        ...(duration && { duration_seconds: Number(duration) }),
      },
    }),
    ...(metadata.trim() && { metadata: metadataOf(metadata) }),
  };
}
