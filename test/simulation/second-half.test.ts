import { testSchedules } from "./schedules.ts";

testSchedules(50_000, 100_000);
