import type { Hono } from "hono";
import { maskSecrets } from "../../lib/mask.ts";
import { TASK_KEY_MAX } from "../../profile/fields/protection.ts";
import { type PlanPorts, planNewTask } from "../../service/plan-new-task.ts";
import type { MediaKeys, TaskStore } from "../../store/store.ts";
import { CALLS } from "../calls.ts";
import { type EndpointPorts, serving } from "../endpoint.ts";
import { invalidFields } from "../invalid-fields.ts";
import type { TaskLogAnswer } from "../schemas/plan-schemas.ts";
import { taskRequest } from "../tasks.ts";
import { planAnswer } from "./plan-answer.ts";

/** What telling of tasks needs: what one will do, and what one did. */
export type InsightPorts = PlanPorts & {
  readonly tasks: Pick<TaskStore, "get" | "logs">;
  readonly mediaKeys: Pick<MediaKeys, "made" | "idOf">;
};

/** Serves the plan of a task that is not there yet, and the logs of one that is. */
export function serveInsight(app: Hono, ports: EndpointPorts & InsightPorts): void {
  const on = serving(app, ports, () => import("../routes/plan-routes.ts"));

  on(CALLS.planTask, "planTaskRoute", async ({ caller, language, read, signal }) => {
    const { body } = await read();
    const outlook = await planNewTask(ports, caller, taskRequest(body), signal);
    return { status: 200, body: planAnswer(outlook, language) };
  });

  on(CALLS.readTaskLog, "readTaskLogRoute", async ({ caller, param }) => {
    const logs = await ports.tasks.logs(caller.clientCode, param("task_id"));
    const body: TaskLogAnswer = {
      attempts: logs.map(({ attempt, lines, decisions }) => ({
        attempt,
        lines: lines.map(maskSecrets),
        decisions: decisions.map(maskSecrets),
      })),
    };
    return { status: 200, body };
  });

  on(CALLS.readTaskKey, "readTaskKeyRoute", async ({ caller, param }) => {
    const key = keyNumber(param("key"));
    const { id } = await ports.tasks.get(caller.clientCode, param("task_id"));
    const value = Buffer.from(ports.mediaKeys.made(id, key)).toString("hex");
    return { status: 200, body: { key, value, key_id: ports.mediaKeys.idOf(id, key) } };
  });
}

/** @throws {TaskError} `invalid_parameter` */
function keyNumber(text: string): number {
  const key = Number(text);
  if (/^(?:0|[1-9]\d*)$/.test(text) && key <= TASK_KEY_MAX) return key;
  throw invalidFields([{ path: "key", message: `must be a whole number up to ${TASK_KEY_MAX}` }]);
}
