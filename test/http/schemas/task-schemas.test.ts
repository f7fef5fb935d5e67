import { describe, expect, test } from "bun:test";
import { CreateTask } from "../../../src/http/schemas/create-schemas.ts";
import { parseFields } from "../../../src/http/schemas/fields.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";

/** A create of which one field differs, as JSON: an object literal could not hold every key. */
const aBody = (field: string, value: string): unknown =>
  JSON.parse(`{"source":{"source_url":"a"},"targets":[{"target_url":"b"}],"${field}":${value}}`);

const refused = async (body: unknown, language: "en" | "zh" = "en") =>
  (await taskErrorOf((async () => parseFields(CreateTask, body, language))())).fields;

describe("CreateTask", () => {
  test.each(["0", "0.0009", "-1", "1e999", "null"])("refuses a clip of %s s", async (seconds) => {
    const [field] = await refused(aBody("clip", `{"duration_seconds":${seconds}}`));
    expect(field?.path).toBe("clip.duration_seconds");
  });

  test.each(["-0.1", "1e999", "604801"])("refuses a clip from %s s on", async (seconds) => {
    const [field] = await refused(aBody("clip", `{"start_seconds":${seconds}}`));
    expect(field?.path).toBe("clip.start_seconds");
  });

  test("takes a clip of a millisecond", () => {
    const { clip } = parseFields(CreateTask, aBody("clip", '{"duration_seconds":0.001}'), "en");
    expect(clip).toEqual({ start_seconds: 0, duration_seconds: 0.001 });
  });

  test("tells half a character from a control character", async () => {
    const of = async (url: string) => {
      const [field] = await refused(aBody("source", `{"source_url":"${url}"}`));
      return field?.message;
    };
    expect(await of("a\\ud800.mp4")).toBe("Invalid text: it is not Unicode");
    expect(await of("a\\u0000.mp4")).toBe("Invalid address: it holds control characters");
  });

  test("refuses the metadata key __proto__ instead of losing it", async () => {
    const body = aBody("metadata", '{"__proto__":"x","a":"b"}');
    expect(await refused(body)).toEqual([{ path: "metadata", message: "Invalid key: __proto__" }]);
    expect(await refused(body, "zh")).toEqual([
      { path: "metadata", message: "无效的键：__proto__" },
    ]);
  });
});
