import { newHome, startService } from "../../test/fixtures/service.ts";
import { isBlamed, leftInScratch, wearMedia } from "../../test/fuzz/wear-media.ts";
import type { Findings, PartOptions, Row } from "../report.ts";
import { watch, watchRows } from "./watch.ts";

/** How many damaged files each engine gets, and a quick run. */
const FILES = { native: 2_000, wasm: 2_000, quick: 40 };

/** Damaged media of every container, through both engines. */
export async function soakMedia({ isQuick, say }: PartOptions): Promise<Findings> {
  const rows: Row[] = [];
  const facts: Record<string, unknown> = {};
  for (const engine of ["native", "wasm"] as const) {
    const service = await startService(newHome(), {
      PONTUS_ENGINE: engine,
      PONTUS_LOG_LEVEL: "info",
    });
    const count = isQuick ? FILES.quick : FILES[engine];
    const seen = watch(service);
    const worn = await wearMedia(service, [...Array(count).keys()], 2);
    const during = await seen();
    const left = leftInScratch(service).length;
    await service.stop();
    const codes = worn.map(({ task }) => task.error?.code ?? task.task_status);
    const wrong = worn.filter(({ task }) => !isBlamed(task));
    const tally = Object.groupBy(codes, (code) => code);
    const told = Object.entries(tally).map(([code, all]) => `${all?.length} ${code}`);
    say(`${engine}: ${told.join(", ")}`);
    facts[engine] = { told, wrong, left, during };
    rows.push({
      key: `media.${engine}`,
      what: `${count} damaged files through ${engine}`,
      ours: `${told.join(", ")}; ${left} files left in scratch`,
      peer: "",
      bar: "none fails for the service's fault, scratch is empty",
      isMet: wrong.length === 0 && left === 0,
    });
    const [health, memory] = watchRows(`media.${engine}`, `meanwhile, ${engine}`, during);
    // WebAssembly runs in the service itself.
    rows.push(...[health, ...(engine === "native" ? [memory] : [])].flatMap((row) => row ?? []));
  }
  return { rows, facts };
}
