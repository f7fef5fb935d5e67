import { ended, expectThat, good, pontus } from "./pontus.ts";

/** Makes the calls of operators. @param task_id - of a task that has ended well */
export async function callAsOperator(task_id: string): Promise<void> {
  const one = { path: { task_id } };
  const page = await good(
    pontus.listAllTasks({ query: { status: ["SUCCESS", "FAILED"], limit: 1 } }),
  );
  expectThat(page.tasks.length === 1, page);
  expectThat((await good(pontus.readAnyTask(one))).task_id === task_id, "any task");
  const ending = await pontus.cancelAnyTask(one);
  expectThat(ending.error?.error.code === "TaskConflict", ending.error);
  const again = await pontus.retryAnyTask(one);
  expectThat(again.error?.error.code === "TaskConflict", again.error);

  const client_code = `client-${Math.random().toString(36).slice(2)}`;
  const made = await good(pontus.addClient({ body: { client_code, weight: 2 } }));
  expectThat(made.private_key !== "", made.client_code);
  const of = { path: { client_code } };
  const changed = await good(pontus.changeClient({ ...of, body: { disabled: true } }));
  expectThat(changed.disabled, changed);
  const rotated = await good(pontus.rotateKeys({ ...of, body: {} }));
  expectThat(rotated.private_key !== made.private_key, rotated.client_code);
  const { clients } = await good(pontus.listClients({ query: { limit: 100 } }));
  expectThat(
    clients.some((client) => client.client_code === client_code),
    clients,
  );

  expectThat((await good(pontus.readLimits())).attempts_max > 0, "limits");
  await good(pontus.readQueue());
  await good(pontus.listWorkers());
  expectThat((await good(pontus.beginDrain({ body: {} }))).draining, "drain");
  expectThat((await good(pontus.readDrain())).draining, "drain");
  expectThat(!(await good(pontus.endDrain())).draining, "drain");
  expectThat((await ended(task_id)).task_status === "SUCCESS", "the task");
}
