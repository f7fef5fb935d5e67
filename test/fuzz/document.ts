import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";

/** As much of a JSON schema as the document has. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
};

type Content = {
  readonly "application/json"?: {
    readonly schema: Schema;
    readonly examples?: Readonly<Record<string, unknown>>;
  };
};

/** One call of the document. */
export type Operation = {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly {
    readonly in: "path" | "query" | "header";
    readonly name: string;
    readonly schema: Schema;
  }[];
  readonly body: Schema | undefined;
  /** By status. */
  readonly answers: ReadonlyMap<number, Answer>;
};

/** One answer of a call. */
export type Answer = {
  /** Of what is parsed of its body; undefined stands for no body. */
  readonly isValid: (value: unknown) => unknown;
  /** The codes of its errors; empty if it is none. */
  readonly codes: readonly string[];
};

type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

type RawOperation = {
  readonly parameters?: Operation["parameters"];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
};

type Parts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const SHARED = /^#\/components\/(parameters|responses)\/(\w+)$/;

/** The same with shared parameters and answers where they are used. */
function inPlace(value: unknown, parts: Parts): unknown {
  if (Array.isArray(value)) return value.map((inner) => inPlace(inner, parts));
  if (typeof value !== "object" || value === null) return value;
  const [, kind = "", name = ""] = SHARED.exec("$ref" in value ? String(value.$ref) : "") ?? [];
  const part = parts[kind]?.[name];
  if (part) return part;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, inPlace(inner, parts)]),
  );
}

const raw = parse(readFileSync("openapi.yaml", "utf8")) as { readonly components: Parts };
const document = inPlace(raw, raw.components) as Document;
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(document, "document");

/** A schema with its reference followed. */
export function resolved(schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return (name !== undefined && document.components.schemas[name]) || schema;
}

const pointerOf = (...keys: readonly string[]): string =>
  `document#/${keys.map((key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;

function answersOf(
  path: string,
  method: string,
  { responses }: RawOperation,
): Operation["answers"] {
  const answers = Object.entries(responses).map(([status, { content }]): [number, Answer] => {
    const at = ["paths", path, method, "responses", status, "content", "application/json"];
    const isValid = content
      ? ajv.compile({ $ref: pointerOf(...at, "schema") })
      : (value: unknown) => value === undefined;
    const examples = content?.["application/json"]?.examples ?? {};
    return [Number(status), { isValid, codes: Number(status) < 400 ? [] : Object.keys(examples) }];
  });
  return new Map(answers);
}

/** Every call of the document. */
export const OPERATIONS: readonly Operation[] = Object.entries(document.paths).flatMap(
  ([path, operations]) =>
    Object.entries(operations).map(([method, raw]) => ({
      ...{ method: method.toUpperCase(), path, parameters: raw.parameters ?? [] },
      body: raw.requestBody?.content["application/json"]?.schema,
      answers: answersOf(path, method, raw),
    })),
);

/** Whether something is an error in the document's form. */
export const isError = ajv.compile({ $ref: pointerOf("components", "schemas", "Problem") });
