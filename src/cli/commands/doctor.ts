import type { Command } from "@commander-js/extra-typings";
import { type Context, newCall } from "../context.ts";
import { EXIT } from "../exit.ts";
import { json } from "../text.ts";

/** Adds `doctor`. */
export function addDoctorCommand(program: Command, context: Context): void {
  newCall(
    program,
    "doctor",
    "Looks at the engine, configuration, folders, disk, database, port, clock and keys, and says what to do about each that is not well. It changes nothing. Run it as the user, with the environment and in the folder of the service.",
    ["doctor", "doctor --json", "doctor --url https://pontus.example --credentials keys.json"],
  ).action(async (options) => {
    const { examine, findingsText } = await import("../doctor/doctor.ts");
    const findings = await examine(context, options);
    context.io.out(options.json ? json({ findings }) : findingsText(findings));
    if (findings.some(({ state }) => state === "problem")) context.endWith(EXIT.failed);
  });
}
