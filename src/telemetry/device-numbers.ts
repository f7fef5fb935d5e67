import type { Metrics } from "./metrics.ts";

/** The numbers of a device of hardware encoders. */
export type DeviceNumbers =
  | {
      readonly sessions: number;
      readonly used: number;
      readonly steps: { readonly made: number; readonly failed: number; readonly busy: number };
    }
  | undefined;

/** Looks up how a device stands; all is 0 where there is none. */
export function deviceNumbers(metrics: Metrics, find: () => DeviceNumbers) {
  const sessions = metrics.gauge(
    "pontus_hardware_sessions",
    "How many streams the hardware encoder may encode at once, 0 while none works",
  );
  const used = metrics.gauge(
    "pontus_hardware_sessions_in_use",
    "How many streams the hardware encoder encodes",
  );
  const steps = metrics.counter(
    "pontus_hardware_steps_total",
    "Runs of ffmpeg planned for the hardware encoder: made by it, failed by it, or busy: made in software as too few sessions were free",
    ["result"],
  );
  return async (): Promise<void> => {
    const found = find();
    sessions.set(found?.sessions ?? 0);
    used.set(found?.used ?? 0);
    steps.reset();
    for (const result of ["made", "failed", "busy"] as const)
      steps.inc({ result }, found?.steps[result] ?? 0);
  };
}
