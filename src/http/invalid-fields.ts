import { type FieldError, TaskError } from "../task/errors.ts";

/** The error of bad fields, each with its path. */
export const invalidFields = (fields: readonly FieldError[]): TaskError =>
  new TaskError("invalid_parameter", "Cannot read the request: it has invalid fields", { fields });
