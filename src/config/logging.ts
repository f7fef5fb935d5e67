import { fstatSync, statSync } from "node:fs";
import { devNull } from "node:os";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import type { Config } from "./config.ts";
import { jsonLine, textLine } from "./log-line.ts";
import { LogWriter } from "./log-writer.ts";

/** How logs are written. */
export type LoggingOptions = {
  readonly level: Config["logLevel"];
  readonly format: Config["logFormat"];
  /** Whether each call has its line, whatever the level. */
  readonly hasAccessLog?: boolean;
  /** The file descriptor; 1 (stdout) by default. */
  readonly descriptor?: number;
};

const STDOUT = 1;
/** Lines that an operator may be woken by. */
const ALARMING: readonly LogRecord["level"][] = ["warning", "error", "fatal"];

let onLine: ((level: string) => void) | undefined;

/** Has somebody told of each warning and error that is written, by its level; nobody, if undefined. */
export function onLogLine(listener: typeof onLine): void {
  onLine = listener;
}

/**
 * Sends the log lines of the whole process to a file descriptor: everything under the logger `pontus`, from a level upwards.
 *
 * Nothing waits for a line to be written. A second call replaces the first.
 */
export async function configureLogging({
  level,
  format,
  hasAccessLog = false,
  descriptor = STDOUT,
}: LoggingOptions): Promise<void> {
  const isTerminal = await isTerminalAt(descriptor);
  const isText = format === "text" || (format === "auto" && isTerminal);
  const isColoured = isTerminal && !process.env["NO_COLOR"];
  const lineOf = isText ? (record: LogRecord) => textLine(record, isColoured) : jsonLine;
  const writer = new LogWriter(descriptor, (count) => lineOf(lossRecord(count)));
  const write = (record: LogRecord): void => {
    writer.add(lineOf(record));
    if (ALARMING.includes(record.level)) onLine?.(record.level);
  };
  const sink = Object.assign(write, { [Symbol.asyncDispose]: () => writer.drain() });
  await configure({
    reset: true,
    sinks: { sink },
    loggers: [
      { category: "pontus", lowestLevel: level, sinks: ["sink"] },
      // Of its own, as the level of the others would hold it back.
      {
        category: ["pontus", "access"],
        lowestLevel: hasAccessLog ? "info" : null,
        sinks: ["sink"],
        parentSinks: "override",
      },
      // Failures of the logging itself.
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["sink"] },
    ],
  });
}

/** Waits until every line has been written (at most 2 s) and ends logging: the last call before the process ends. */
export const disposeLogging = (): Promise<void> => reset();

const lossRecord = (count: number): LogRecord => ({
  category: ["pontus", "log"],
  level: "warning",
  message: ["", count, " lines were lost: nobody read the log in time"],
  rawMessage: "{count} lines were lost: nobody read the log in time",
  timestamp: Date.now(),
  properties: { count },
});

/** Whether a file descriptor is one of a terminal. A pipe, a file or no place at all is none: then what asks that, which takes 4 ms to load, is not needed. */
async function isTerminalAt(descriptor: number): Promise<boolean> {
  try {
    const info = fstatSync(descriptor);
    if (!info.isCharacterDevice() || info.rdev === nullDevice()) return false;
  } catch {
    return false;
  }
  return (await import("node:tty")).isatty(descriptor);
}

/** What `/dev/null` is to the system; undefined where that cannot be asked. */
function nullDevice(): number | undefined {
  try {
    return statSync(devNull).rdev;
  } catch {
    return undefined;
  }
}
