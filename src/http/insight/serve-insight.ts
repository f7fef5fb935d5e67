import type { Hono } from "hono";
import { maskSecrets } from "../../lib/mask.ts";
import { type PlanPorts, planNewTask } from "../../service/plan-new-task.ts";
import type { TaskStore } from "../../store/store.ts";
import { CALLS } from "../calls.ts";
import { type EndpointPorts, serving } from "../endpoint.ts";
import type { TaskLogAnswer } from "../schemas/plan-schemas.ts";
import { taskRequest } from "../tasks.ts";
import { planAnswer } from "./plan-answer.ts";

/** What telling of tasks needs: what one will do, and what one did. */
export type InsightPorts = PlanPorts & { readonly tasks: Pick<TaskStore, "logs"> };

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
}
