import type { LogRecord } from "@logtape/logtape";
import { maskSecrets } from "../lib/mask.ts";

/** Fields whose value is always a secret, in the spellings of headers, JSON and code. */
const SECRET_FIELD =
  /^(?:private_?key|secret|pass(?:word|wd|phrase)|authorization|(?:api_?)?check_?sum|(?:\w+_)?token|cookie|credentials)$/i;
const DEPTH_MAX = 6;
const TEXT_LENGTH_MAX = 8192;
const MASK = "***";
/** What could break a line, move the cursor or hide text on a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

const LEVELS = {
  trace: { short: "TRC", colour: 90 },
  debug: { short: "DBG", colour: 90 },
  info: { short: "INF", colour: 32 },
  warning: { short: "WRN", colour: 33 },
  error: { short: "ERR", colour: 31 },
  fatal: { short: "FTL", colour: 35 },
} as const satisfies Record<LogRecord["level"], unknown>;

/** A record as one line of JSON without secrets: `time`, `level`, `logger`, `message`, and its properties beside them. */
export function jsonLine(record: LogRecord): string {
  const head = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    logger: record.category.join("."),
    message: messageOf(record),
  };
  const properties = Object.entries(record.properties).map(([name, value]) => [
    name in head ? `${name}_` : name,
    clean(value, name),
  ]);
  return `${JSON.stringify({ ...head, ...Object.fromEntries(properties) })}\n`;
}

/** A record as a line for people, without secrets; stacks of errors follow, indented. */
export function textLine(record: LogRecord, isColoured: boolean): string {
  const { short, colour } = LEVELS[record.level];
  const level = isColoured ? `\x1b[${colour}m${short}\x1b[0m` : short;
  const time = new Date(record.timestamp).toISOString().replace("T", " ").replace("Z", "");
  const told = typeof record.rawMessage === "string" ? record.rawMessage : "";
  const rest = Object.entries(record.properties)
    .filter(([name]) => !told.includes(`{${name}}`))
    .map(([name, value]) => ` ${name}=${shown(clean(value, name))}`);
  const stacks = Object.values(record.properties)
    .filter((value) => value instanceof Error)
    .flatMap((error) => maskSecrets(error.stack ?? "").split("\n"))
    .map((line) => `\n    ${printable(line)}`);
  const text = printable(`${record.category.join(".")}: ${messageOf(record)}${rest.join("")}`);
  return `${time} ${level} ${text}${stacks.join("")}\n`;
}

function messageOf({ message }: LogRecord): string {
  // Even places hold the text of the message, odd ones the values put into it.
  const parts = message.map((part, index) => {
    if (index % 2 === 0 || typeof part === "string") return String(part);
    if (part instanceof Error) return `${part.name}: ${part.message}`;
    return shown(clean(part));
  });
  return cut(maskSecrets(parts.join("")));
}

const shown = (value: unknown): string =>
  typeof value === "string" && /^[\w./:@+-]+$/.test(value) ? value : (JSON.stringify(value) ?? "");

const cut = (text: string): string =>
  text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;

const printable = (text: string): string =>
  text.replace(
    UNPRINTABLE,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );

/** A copy of a value that can be written as JSON and holds no secrets: fields of secrets are masked, and so are URLs. */
function clean(value: unknown, name = "", depth = 0): unknown {
  if (SECRET_FIELD.test(name)) return MASK;
  if (typeof value === "string") return cut(maskSecrets(value));
  if (typeof value === "number" || typeof value === "boolean" || value == null) return value;
  if (typeof value !== "object") return String(value);
  // Circular values end here, too.
  if (depth >= DEPTH_MAX) return "…";
  if (value instanceof Date) return value.toJSON();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (value instanceof Map) return clean(Object.fromEntries(value), "", depth);
  if (Array.isArray(value) || value instanceof Set)
    return [...value].map((item) => clean(item, "", depth + 1));
  const own = Object.entries(value);
  const entries =
    value instanceof Error
      ? [
          ...["name", "message", "stack", "cause"].map(
            (key) => [key, Reflect.get(value, key)] as const,
          ),
          ...own,
        ]
      : own;
  return Object.fromEntries(entries.map(([key, item]) => [key, clean(item, key, depth + 1)]));
}
